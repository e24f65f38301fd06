import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tmpdir } from 'node:os'
import { Film, isUnbroken } from '../../src/testkit/footage.ts'
import { processesIn } from '../../src/testkit/processes.ts'
import { startSimulatedCamera, type SimulatedCamera } from '../../src/testkit/simulated-camera/simulated-camera.ts'
import { CAMERA, openHome, type Home } from './harness/home.ts'
import { sha256 } from './harness/clips.ts'
import { waitFor } from './harness/wait-for.ts'

const KILLS = 20
const GOP = 10
/** The segment that is being written. */
const MOST_LOST_EACH = GOP
/** And once in a while what waits for ffmpeg to read it: where twenty others want the processor, seconds of pictures. */
const MOST_LOST_ONCE = GOP + 40
/** Of the clip before, a clip that begins before the next keyframe shows as much again. */
const MOST_SHOWN_AGAIN = GOP
const PATIENCE_MS = 600_000

const folder = mkdtempSync(join(tmpdir(), 'homesec-film-'))
let film: Film

beforeAll(async () => {
  film = await Film.make(join(folder, 'film.mp4'), { size: '240x180', duration_s: 900, gop: GOP })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The same moments in each run of the test. */
function randomMoments(seed: number, mostMs: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return ((state >>> 16) / 65_536) * mostMs
  }
}

async function openRecordingHome(): Promise<{ readonly home: Home; readonly camera: SimulatedCamera }> {
  const home = openHome()
  const camera = home.own(await startSimulatedCamera({ streams: { main: { video: film.path } } }))
  home.env['CAMERA_URL'] = camera.url('main')
  const config = {
    rtsp_url_env: 'CAMERA_URL',
    recording: { pre_roll_s: 3, stop_delay_s: 2, max_recording_s: 5 },
    motion: { settle_s: 0.3 },
    reconnect: { backoff_s: 0.2, max_backoff_s: 1 },
  }
  home.reconfigure({ cameras: [{ name: CAMERA, source: { backend: 'rtsp', config } }] })
  return { home, camera }
}

const stateOf = (home: Home) => join(home.data, 'state', 'source', CAMERA)

/** Everything that was recorded is in the storage. */
async function allStored(home: Home): Promise<string[]> {
  const recordings = join(stateOf(home), 'recordings')
  await waitFor(
    () => `the recordings to become clips; there are ${readdirSync(recordings).join(' ')}`,
    () => readdirSync(recordings).length === 0,
  )
  await waitFor('all clips to be done', () => home.journals().every(({ status }) => status === 'done'))
  const entries = readdirSync(join(home.storage, 'clips'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.name.endsWith('.mp4')).map((entry) => join(entry.parentPath, entry.name))
}

/** Lengths of the runs of pictures that were sent and are in no clip, but for those before the first. */
function holes(sent: readonly number[], shown: ReadonlySet<number>): number[] {
  const found: number[] = []
  let missing = 0
  for (const place of sent.slice(sent.findIndex((each) => shown.has(each)))) {
    if (!shown.has(place)) missing += 1
    else if (missing > 0) {
      found.push(missing)
      missing = 0
    }
  }
  return missing > 0 ? [...found, missing] : found
}

async function expectWhole(name: string, home: Home, camera: SimulatedCamera): Promise<void> {
  const sent = camera.sentFrames('main').map(({ index }) => index)
  const clips = await allStored(home)
  const seen = await Promise.all(clips.map((clip) => film.see(clip)))
  for (const { pictures, complaints } of seen)
    expect({ complaints, isUnbroken: isUnbroken(pictures), pictures }).toMatchObject({ complaints: '', isUnbroken: true })
  expect(new Set(clips.map((clip) => sha256(readFileSync(clip)))).size).toBe(clips.length)

  const inOrder = seen.map(({ pictures }) => pictures).toSorted(([a = 0], [b = 0]) => a - b)
  const shownAgain = inOrder.slice(1).map(([first = 0], at) => Math.max(0, (inOrder[at]?.at(-1) ?? -1) + 1 - first))
  const lost = holes(sent, new Set(inOrder.flat()))
  const total = lost.reduce((sum, length) => sum + length, 0)
  console.log(
    `${name}: ${KILLS} kills, ${sent.length} pictures sent, ${clips.length} clips, all play; ${total} pictures lost, at most ${Math.max(0, ...lost)} at once`,
  )
  expect(total).toBeLessThanOrEqual(KILLS * MOST_LOST_EACH)
  expect(Math.max(0, ...lost)).toBeLessThanOrEqual(MOST_LOST_ONCE)
  expect(Math.max(0, ...shownAgain)).toBeLessThanOrEqual(MOST_SHOWN_AGAIN)
}

async function stop(run: { signal(name: NodeJS.Signals): void; readonly ended: Promise<unknown> }): Promise<void> {
  run.signal('SIGTERM')
  await run.ended
}

test(
  'while it is recording, the program killed at 20 random moments: every clip plays, and no more than the last segment is gone each time',
  { timeout: PATIENCE_MS },
  async () => {
    const { home, camera } = await openRecordingHome()
    const moment = randomMoments(1, 2_500)
    let slowestOrphanMs = 0
    for (let kill = 0; kill < KILLS; kill += 1) {
      const run = await home.start()
      await run.logged('recording_started')
      await delay(moment())
      await run.kill()
      const killedAt = performance.now()
      await waitFor('ffmpeg to end with the program', () => processesIn(home.data).length === 0)
      slowestOrphanMs = Math.max(slowestOrphanMs, performance.now() - killedAt)
    }
    await camera.refuseConnections(true)
    const last = await home.start()
    await expectWhole('program', home, camera)
    console.log(`program: no ffmpeg outlived it by more than ${(slowestOrphanMs / 1000).toFixed(1)} s`)
    await stop(last)
  },
)

test(
  'while it is recording, ffmpeg killed at 20 random moments: every clip plays, and no more than the last segment is gone each time',
  { timeout: PATIENCE_MS },
  async () => {
    const { home, camera } = await openRecordingHome()
    const moment = randomMoments(2, 2_500)
    const ring = join(stateOf(home), 'ring')
    const run = await home.start()
    await run.logged('recording_started')
    for (let kill = 0; kill < KILLS; kill += 1) {
      await delay(moment())
      const recorder = await waitFor('the recorder', () => processesIn(ring)[0])
      const sent = camera.sentFrames('main').length
      process.kill(recorder.pid, 'SIGKILL')
      await waitFor('pictures again', () => camera.sentFrames('main').length > sent + 5)
    }
    await delay(2_000)
    await stop(run)
    await camera.refuseConnections(true)
    const last = await home.start()
    await expectWhole('ffmpeg', home, camera)
    await stop(last)
  },
)
