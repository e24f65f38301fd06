import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { probeVideo } from '../../lib/ffmpeg/probe.ts'
import { encodeScene } from './encode-scene.ts'

const never = new AbortController().signal
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-scene-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the scene is a video of twelve seconds that plays from its first byte', async () => {
  const path = join(folder, 'scene.mp4')
  expect(await encodeScene({ path }, never)).toMatchObject({ ok: true })
  expect(await probeVideo(path, never)).toMatchObject({
    ok: true,
    value: { duration_s: 12, width: 640, height: 480, fps: 10, codec: 'h264' },
  })
  const bytes = readFileSync(path)
  expect(bytes.indexOf('moov')).toBeGreaterThan(0)
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
})

test('where the file cannot be written, it says so and does not throw', async () => {
  const drawn = await encodeScene({ path: join(folder, 'no', 'such', 'folder', 'scene.mp4') }, never)
  expect(drawn).toMatchObject({ ok: false, error: { kind: 'unavailable', message: expect.stringContaining('No such file') as string } })
})

test('when told to stop, it stops', async () => {
  const stop = new AbortController()
  const drawing = encodeScene({ path: join(folder, 'stopped.mp4'), width: 1920, height: 1080, seconds: 60 }, stop.signal)
  stop.abort()
  expect(await drawing).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('a signal that is aborted already keeps ffmpeg from starting', async () => {
  expect(await encodeScene({ path: join(folder, 'never.mp4') }, AbortSignal.abort())).toMatchObject({
    ok: false,
    error: { kind: 'cancelled' },
  })
})
