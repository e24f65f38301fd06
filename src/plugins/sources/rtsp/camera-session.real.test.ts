import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../lib/system-clock.ts'
import { startSimulatedCamera } from '../../../testkit/simulated-camera/simulated-camera.ts'
import { makeVideo } from '../../../testkit/videos.ts'
import { CameraSession } from './camera-session.ts'

const FPS = 20
const WATCHED_MS = 4_000

interface Told {
  readonly toldMs: number
  /** How late the packet came, against the stream's own time. */
  readonly delayMs: number
}

async function packetsOf(url: string, folder: string): Promise<readonly Told[]> {
  const told: Told[] = []
  const input = { url, transport: 'tcp', ioTimeoutMs: 5_000, dating: 'camera', nowMs: Date.now(), hwaccel: 'none', codec: null } as const
  const plan = { ...input, sound: 'none', motionFps: null, prefix: `${Date.now()}-` } as const
  const session = new CameraSession(
    plan,
    folder,
    { connectMs: 5_000, silenceMs: 5_000 },
    {
      clock: systemClock,
      listener: {
        streams: () => undefined,
        segment: () => undefined,
        frame: () => undefined,
        diskHangs: () => undefined,
        packet: ({ ptsMs }, arrivedMs) => told.push({ toldMs: performance.now(), delayMs: arrivedMs - ptsMs }),
      },
    },
  )
  await systemClock.sleep(WATCHED_MS, new AbortController().signal)
  await session.close('restart')
  return told
}

test('a camera is heard of about five times a second, and each time with the moment at which the packet came', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-session-'))
  const options = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', String(FPS), '-bf', '0', '-pix_fmt', 'yuv420p']
  const video = makeVideo(join(folder, 'scene.mp4'), { size: '320x240', fps: FPS, duration_s: 10, picture: 'smptehdbars', options })
  const camera = await startSimulatedCamera({ streams: { main: { video } } })
  onTestFinished(() => camera[Symbol.asyncDispose]())
  const told = (await packetsOf(camera.url('main'), folder)).slice(1) // the second packet of a connection tells that it works
  const first = told[0]?.toldMs ?? NaN
  const perSecond = (told.length - 1) / (((told.at(-1)?.toldMs ?? NaN) - first) / 1000)
  expect(perSecond).toBeGreaterThan(3)
  expect(perSecond).toBeLessThanOrEqual(5.5)
  // The least delays tell the camera's time. Dated by the lines before theirs, packets would come most of 200 ms before they were sent.
  const delays = told.map(({ delayMs }) => delayMs).sort((a, b) => a - b)
  expect((delays[delays.length >> 1] ?? NaN) - (delays[0] ?? NaN)).toBeLessThan(1000 / FPS)
})
