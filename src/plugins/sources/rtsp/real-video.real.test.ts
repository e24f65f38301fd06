import { describe, expect, test } from 'vitest'
import { frameHashes, recordCamera, runsIn, type CameraRecording, type FrameRun } from '../../../testkit/camera-recording.ts'
import { gstServerMissing, startGstServer } from '../../../testkit/gst-rtsp-server.ts'
import { startSimulatedCamera } from '../../../testkit/simulated-camera/simulated-camera.ts'
import { testData } from '../../../testkit/videos.ts'

/** A hallway, 139.4 s at 10 frames per second, a keyframe each second. Seconds in which somebody is there, both included. */
const PRESENCE = [
  [6, 19],
  [23, 43],
  [51, 69],
  [75, 86],
  [93, 119],
  [124, 135],
] as const
const FPS = 10
const KEYFRAME_S = 1
const PRE_ROLL_S = 5
const VIDEO_MS = 139_400
const video = testData('videos/one-by-one-person.mp4')
const NO_VIDEO = video === null ? 'HOMESEC_TEST_DATA has no videos/one-by-one-person.mp4' : null

/** Shows the whole video once to the recorder, as it comes, with its defaults. */
async function watch(url: string): Promise<CameraRecording> {
  const recording = await recordCamera({ main: url })
  const untilMs = Date.now() + VIDEO_MS + 90_000
  // The last clip ends when nothing moved for ten seconds, or with the stream.
  while (Date.now() < untilMs && !(await reachesTheEnd(recording))) await new Promise((resolve) => setTimeout(resolve, 1000))
  return recording
}

async function reachesTheEnd({ clips }: CameraRecording): Promise<boolean> {
  const last = clips.at(-1)
  if (last === undefined || clips.length < 3) return false
  const [run] = runsIn(await frameHashes(last.path), await source())
  return run !== undefined && (run.to < run.from || run.to >= (PRESENCE[5][1] + 1) * FPS)
}

let hashes: Promise<string[]> | null = null
const source = () => (hashes ??= frameHashes(video ?? ''))

async function expectEverythingRecorded(recording: CameraRecording): Promise<void> {
  const runs: FrameRun[] = []
  for (const { path } of recording.clips) {
    const parts = runsIn(await frameHashes(path), await source())
    // One run: no frame inside of a clip is missing or shown twice.
    expect(parts).toHaveLength(1)
    runs.push(...parts)
  }
  const covered = new Set(runs.flatMap(framesOf))
  for (const [enters, leaves] of PRESENCE) {
    const first = Math.max(0, (enters - PRE_ROLL_S + KEYFRAME_S) * FPS)
    const missing = Array.from({ length: leaves * FPS - first + 1 }, (_, index) => first + index).filter((frame) => !covered.has(frame))
    expect({ enters, leaves, missing }).toEqual({ enters, leaves, missing: [] })
  }
  const isThere = (frame: number) => PRESENCE.some(([enters, leaves]) => frame >= enters * FPS && frame <= leaves * FPS)
  expect(runs.filter((run) => !framesOf(run).some(isThere))).toEqual([])
  // Somebody is there most of the time, so clips went on in the next one: with its very next frame.
  const rotated = runs.slice(1).filter(({ from }, index) => from === (runs[index]?.to ?? NaN) + 1)
  expect(rotated.length).toBeGreaterThan(0)
  expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(covered.size)
}

function framesOf({ from, count }: FrameRun): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

describe.concurrent('everybody in the hallway is recorded, from before they enter until they have left', () => {
  test('from a simulated camera', { timeout: 400_000 }, async (context) => {
    if (video === null) return context.skip(NO_VIDEO ?? '')
    await using camera = await startSimulatedCamera({ streams: { main: { video, loop: false } }, startAt: 'first_session' })
    await using recording = await watch(camera.url('main'))
    await expectEverythingRecorded(recording)
    // When the film is over, the recorder dials again.
    expect(camera.sessions.peak).toBe(1)
  })

  test("from GStreamer's server", { timeout: 400_000 }, async (context) => {
    const missing = NO_VIDEO ?? gstServerMissing()
    if (video === null || missing !== null) return context.skip(missing ?? '')
    await using server = await startGstServer({ video })
    await using recording = await watch(server.url)
    await expectEverythingRecorded(recording)
  })
})
