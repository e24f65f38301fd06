import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { frameHashes, recordCamera, runsIn, streamsOf, type CameraRecording, type OfferedClip } from '../../../testkit/camera-recording.ts'
import { BOX_CROSSES_S, makeFilm, type Film } from '../../../testkit/films.ts'
import { startSimulatedCamera, type SimulatedCamera } from '../../../testkit/simulated-camera/simulated-camera.ts'

const FPS = 10
const BOX_AT_S = 10
const CONFIG = { recording: { pre_roll_s: 3, stop_delay_s: 2 }, motion: { settle_s: 1 } }
const folder = mkdtempSync(join(tmpdir(), 'homesec-recording-'))

const film = (name: string, changes: Partial<Film> = {}) => makeFilm(join(folder, name), { seconds: 20, boxAtS: [BOX_AT_S], ...changes })
const filmed = (video: string) => startSimulatedCamera({ streams: { main: { video } }, startAt: 'first_session' })

async function firstClip(recording: CameraRecording): Promise<OfferedClip> {
  await vi.waitFor(() => expect(recording.clips.length).toBeGreaterThan(0), { timeout: 45_000, interval: 50 })
  return recording.clips[0] ?? expect.fail('no clip')
}

/** The one run of source frames that a clip is made of. */
async function onlyRun(clip: OfferedClip, video: string): Promise<{ readonly from: number; readonly to: number }> {
  const runs = runsIn(await frameHashes(clip.path), await frameHashes(video))
  expect(runs).toHaveLength(1)
  return runs[0] ?? expect.fail('no frames')
}

test('a clip begins the pre-roll before the motion, ends the delay after it, and lacks no frame', async () => {
  const video = await film('plain.mp4')
  await using camera = await filmed(video)
  await using recording = await recordCamera({ main: camera.url('main') }, CONFIG)
  const clip = await firstClip(recording)
  const { from, to } = await onlyRun(clip, video)
  // From the last keyframe that is early enough, so within a second of it.
  expect(from).toBeLessThanOrEqual((BOX_AT_S - 3) * FPS + 3)
  expect(from).toBeGreaterThan((BOX_AT_S - 3 - 1) * FPS - 1)
  // The box shows for two seconds, and what it uncovers is background at once.
  const endsAt = (BOX_AT_S + BOX_CROSSES_S + 2) * FPS
  expect(Math.abs(to - endsAt)).toBeLessThan(10)
  expectTimesOf(clip, { camera, from, to })
  const scores = clip.motion_scores ?? []
  expect(scores).toHaveLength(Math.ceil((to - from + 1) / FPS))
  expect(Math.abs(from / FPS + scores.indexOf(Math.max(...scores)) - (BOX_AT_S + 1))).toBeLessThanOrEqual(1.5)
})

/** Right to within one frame, against when the camera filmed its first and last. */
function expectTimesOf(
  clip: OfferedClip,
  { camera, from, to }: { readonly camera: SimulatedCamera; readonly from: number; readonly to: number },
): void {
  const sceneAtMs = new Map(camera.sentFrames('main').map((frame) => [frame.index, frame.sceneAtMs]))
  const frameMs = 1000 / FPS
  expect(Math.abs(Date.parse(clip.start_ts ?? '') - (sceneAtMs.get(from) ?? NaN))).toBeLessThanOrEqual(frameMs)
  expect(Math.abs(Date.parse(clip.end_ts ?? '') - ((sceneAtMs.get(to) ?? NaN) + frameMs))).toBeLessThanOrEqual(frameMs)
}

test.concurrent('H.265 with telephone sound becomes an MP4 that phones play', async () => {
  const video = await film('hevc.mov', { codec: 'hevc', sound: 'pcm_alaw' })
  await using camera = await filmed(video)
  await using recording = await recordCamera({ main: camera.url('main') }, CONFIG)
  const clip = await firstClip(recording)
  expect(await streamsOf(clip.path)).toEqual(['video hevc hvc1', 'audio aac mp4a'])
  await onlyRun(clip, video)
})

test.concurrent('sound that MP4 can hold is kept as it is, and none is recorded when none is wanted', async () => {
  const video = await film('aac.mp4', { sound: 'aac' })
  await using camera = await startSimulatedCamera({ streams: { main: { video } } })
  await using heard = await recordCamera({ main: camera.url('main') }, CONFIG)
  await using deaf = await recordCamera({ main: camera.url('main') }, { ...CONFIG, stream: { audio: false } })
  expect(await streamsOf((await firstClip(heard)).path)).toEqual(['video h264 avc1', 'audio aac mp4a'])
  expect(await streamsOf((await firstClip(deaf)).path)).toEqual(['video h264 avc1'])
})

test.concurrent('with seconds between keyframes a clip begins earlier, and still ends in time', async () => {
  const video = await film('long-gop.mp4', { keyframeS: 5 })
  await using camera = await filmed(video)
  await using recording = await recordCamera({ main: camera.url('main') }, CONFIG)
  const { from, to } = await onlyRun(await firstClip(recording), video)
  expect(from % (5 * FPS)).toBe(0)
  expect(from).toBeLessThanOrEqual((BOX_AT_S - 3) * FPS)
  expect(Math.abs(to - (BOX_AT_S + BOX_CROSSES_S + 2) * FPS)).toBeLessThan(10)
})

test.concurrent('where there is a detect stream only that is decoded, and clips are those of the large stream', async () => {
  const large = await film('large.mp4', { size: '640x480' })
  const small = await film('small.mp4')
  await using camera = await startSimulatedCamera({ streams: { main: { video: large }, detect: { video: small } } })
  await using recording = await recordCamera({ main: camera.url('main'), detect: camera.url('detect') }, CONFIG)
  await onlyRun(await firstClip(recording), large)
  expect(camera.sessions.peak).toBe(2)
  expect(camera.sessionsOf('main').total).toBe(1)
})

test.concurrent('a graphics device that is not there is replaced by the CPU', async () => {
  const video = await film('hardware.mp4')
  await using camera = await filmed(video)
  await using recording = await recordCamera({ main: camera.url('main') }, { ...CONFIG, stream: { hwaccel: 'vaapi' } })
  await onlyRun(await firstClip(recording), video)
})
