import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCameraProcess } from './camera-process.ts'
import { startReading } from './rtsp-reader.ts'
import { makeVideo } from './videos.ts'

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10']

let folder = ''
let video = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-camera-process-'))
  video = makeVideo(join(folder, 'video.mp4'), { size: '640x360', duration_s: 10, options: H264 })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('cameras in a process of their own are read, and misbehave when told to', async () => {
  await using cameras = await startCameraProcess([
    { streams: { stream1: { video } }, startAt: 'first_session' },
    { streams: { a: { video } } },
  ])
  await using reading = startReading(cameras.cameras[0]?.urls['stream1'] ?? '')
  await reading.atLeast(1)
  expect(await cameras.command({ camera: 0, do: 'sessions' })).toEqual({ current: 1, peak: 1, total: 1 })
  expect(await cameras.command({ camera: 0, do: 'sentFrames', stream: 'stream1' })).toContainEqual(
    expect.objectContaining({ index: 0, round: 0, key: true }),
  )
  await cameras.command({ camera: 0, do: 'drop' })
  await reading.ended
  await expect(cameras.command({ camera: 0, do: 'sentFrames', stream: 'other' })).rejects.toThrow('no stream other')
  await expect(cameras.command({ camera: 7, do: 'stall' })).rejects.toThrow('no camera 7')
})

test('sixteen cameras are cheap', async () => {
  const count = 16
  const seconds = 5
  await using cameras = await startCameraProcess(Array.from({ length: count }, () => ({ streams: { stream1: { video } } })))
  const readers = cameras.cameras.map(({ urls }) =>
    spawn('ffmpeg', ['-nostdin', '-v', 'error', '-rtsp_transport', 'tcp', '-i', urls['stream1'] ?? '', '-c', 'copy', '-f', 'null', '-'], {
      stdio: 'ignore',
    }),
  )
  const current = async () =>
    (await Promise.all(cameras.cameras.map((_, camera) => cameras.command({ camera, do: 'sessions' })))) as Array<{ current: number }>
  while ((await current()).some((sessions) => sessions.current === 0)) await delay(100)
  await delay(2000)

  const before = Number(await cameras.command({ camera: 0, do: 'cpuSeconds' }))
  await delay(seconds * 1000)
  const spent = Number(await cameras.command({ camera: 0, do: 'cpuSeconds' })) - before
  console.log(`${count} cameras 640x360 at 10 fps: ${((100 * spent) / seconds).toFixed(1)} % of one CPU`)

  for (let camera = 0; camera < count; camera += 1) {
    const framesSent = async () =>
      (await cameras.command({ camera, do: 'sentFrames', stream: 'stream1' })) as Array<{ atMs: number; sceneAtMs: number }>
    await expect.poll(async () => (await framesSent()).length).toBeGreaterThan(seconds * 10)
    const sent = await framesSent()
    expect(sent.slice(1).every((frame, at) => Math.round(frame.sceneAtMs - (sent[at]?.sceneAtMs ?? 0)) === 100)).toBe(true)
  }
  expect((await current()).every((sessions) => sessions.current === 1)).toBe(true)
  await Promise.all(
    readers.map(async (reader) => {
      const ended = once(reader, 'exit')
      reader.kill('SIGKILL')
      await ended
    }),
  )
})
