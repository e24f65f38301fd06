import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, test, vi } from 'vitest'
import type { Clip } from '../../../src/contracts/clip.ts'
import { startCameraProcess } from '../../../src/testkit/camera-process.ts'
import { filmBeganMs, missedMotions, motionsBetween } from '../../../src/testkit/filmed-motion.ts'
import { makeFilm } from '../../../src/testkit/films.ts'
import { flap } from '../../../src/testkit/flapping-camera.ts'
import { startRecordingApp, untilWell } from '../../../src/testkit/recording-app.ts'

const CAMERAS = 16
const STEADY = 14
const WATCHED_MS = 20_000
/** Until motion is believed after the connection. */
const SETTLES_MS = 4000
const RECORDING = { recording: { pre_roll_s: 2, stop_delay_s: 3 } }
/** Two that share no rhythm: at no time does everything move, or nothing. */
const FILMS = [
  { seconds: 8, fps: 10, boxAtS: 1 },
  { seconds: 10, fps: 10, boxAtS: 5 },
] as const
const filmOf = (camera: number) => FILMS[camera % 2 === 0 ? 0 : 1]

const folder = mkdtempSync(join(tmpdir(), 'homesec-many-cameras-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('of sixteen cameras, two of which keep going away, every motion on the other fourteen is inside a clip', async () => {
  const shape = { size: '640x360', keyframeS: 2 } as const
  const videos = await Promise.all(
    FILMS.map(({ boxAtS, ...film }, at) => makeFilm(join(folder, `${at}.mp4`), { ...film, ...shape, boxAtS: [boxAtS] })),
  )
  const video = (camera: number) => videos[camera % videos.length] ?? expect.fail('no film')
  await using cameras = await startCameraProcess(
    Array.from({ length: CAMERAS }, (_, camera) => ({ streams: { main: { video: video(camera), stamped: true } } })),
  )
  const urls = cameras.cameras.map((camera) => camera.urls['main'] ?? expect.fail('no stream'))
  const clips: Clip[] = []
  await using app = await startRecordingApp(join(folder, 'app'), urls, { source: RECORDING })
  using _listening = app.subscribe((event) => {
    if (event.event_type === 'clip_recorded') clips.push(event.clip)
  })
  await untilWell(app)
  await delay(SETTLES_MS)
  const flapping = Array.from({ length: CAMERAS - STEADY }, (_, at) => flap(cameras, STEADY + at))
  const fromMs = Date.now()
  await delay(WATCHED_MS)
  const toMs = Date.now()
  for (const one of flapping) expect(await one.stop()).toBeGreaterThan(1)

  for (let camera = 0; camera < STEADY; camera += 1) {
    const motions = motionsBetween(await filmBeganMs(cameras, camera, 'main', filmOf(camera)), filmOf(camera), fromMs, toMs)
    expect(motions.length, `motions of camera ${camera}`).toBeGreaterThan(0)
    const own = () => clips.filter(({ camera_name }) => camera_name === `cam${camera}`)
    // The last clip comes some seconds after its last motion, later on a busy machine.
    await vi.waitFor(() => expect(missedMotions(motions, own()), `missed by camera ${camera}`).toEqual([]), {
      timeout: 180_000,
      interval: 200,
    })
  }
}, 240_000)
