import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAllFrames, startReading } from '../rtsp-reader.ts'
import { makeVideo } from '../videos.ts'
import { startSimulatedCamera } from './simulated-camera.ts'

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10']

let folder = ''
let video = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-misbehaviour-'))
  video = makeVideo(join(folder, 'video.mp4'), { size: '320x240', options: H264 })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const aCamera = () => startSimulatedCamera({ streams: { stream1: { video } } })
const FRAME_BYTES = 320 * 240 * 1.5

test('a stalled camera keeps its connection and sends nothing, then goes on at the present', async () => {
  await using camera = await aCamera()
  await using reading = startReading(camera.url('stream1'))
  await reading.atLeast(5)
  camera.stall()
  const before = camera.sentFrames('stream1').length
  await delay(1500)
  expect(camera.sentFrames('stream1')).toHaveLength(before)
  expect(camera.sessions.current).toBe(1)
  camera.resume()
  await reading.atLeast(before + 5)
  const [last, first] = camera.sentFrames('stream1').slice(before - 1)
  expect(first?.key).toBe(true)
  expect((first?.sceneAtMs ?? 0) - (last?.sceneAtMs ?? 0)).toBeGreaterThan(1400)
})

test('a camera that stalls before anybody comes plays without pictures', async () => {
  await using camera = await aCamera()
  camera.stall()
  await using reading = startReading(camera.url('stream1'))
  while (camera.sessions.current === 0) await delay(20)
  await delay(300)
  expect(camera.sentFrames('stream1')).toEqual([])
  camera.resume()
  expect((await reading.atLeast(1)).length).toBeGreaterThan(0)
})

test('a camera that drops its clients takes them again', async () => {
  await using camera = await aCamera()
  await using reading = startReading(camera.url('stream1'))
  await reading.atLeast(1)
  camera.drop()
  await reading.ended
  expect(camera.sessions.current).toBe(0)
  await using again = startReading(camera.url('stream1'))
  expect((await again.atLeast(1)).length).toBeGreaterThan(0)
})

test('a camera that is offline refuses connections, and comes back on the same port', async () => {
  await using camera = await aCamera()
  const { port } = camera
  await camera.refuseConnections(true)
  const [cause] = (await once(connect(port, '127.0.0.1'), 'error')) as [Error]
  expect(cause).toMatchObject({ code: 'ECONNREFUSED' })
  await using reading = startReading(camera.url('stream1'))
  expect(await reading.ended).toContain('Connection refused')
  await camera.refuseConnections(false)
  expect(camera.port).toBe(port)
  await using again = startReading(camera.url('stream1'))
  expect((await again.atLeast(1)).length).toBeGreaterThan(0)
})

test('who plays already goes on when new connections are refused', async () => {
  await using camera = await aCamera()
  await using reading = startReading(camera.url('stream1'))
  await reading.atLeast(1)
  await camera.refuseConnections(true)
  const count = camera.sentFrames('stream1').length + 10
  expect((await reading.atLeast(count)).length).toBeGreaterThanOrEqual(count)
})

test('the picture changes its size in mid-stream, with times that go on', async () => {
  const larger = makeVideo(join(folder, 'larger.mp4'), { size: '640x480', options: H264 })
  const source = await readAllFrames(larger)
  await using camera = await aCamera()
  await using reading = startReading(camera.url('stream1'))
  await reading.atLeast(12)
  await camera.switchVideo('stream1', larger)
  const isLarge = ({ bytes }: { bytes: number }) => bytes === 640 * 480 * 1.5
  while (reading.frames.filter(isLarge).length < 20) await delay(50)
  const large = reading.frames.filter(isLarge)
  expect(large.slice(0, 20).map(({ md5 }) => md5)).toEqual(source.slice(0, 20).map(({ md5 }) => md5))
  const timesMs = reading.frames.slice(1).map(({ shownMs }) => shownMs)
  expect(timesMs).toEqual([...timesMs].sort((a, b) => a - b))
  expect(Math.max(...timesMs.slice(1).map((ms, at) => ms - (timesMs[at] ?? 0)))).toBeLessThan(250)
})

test('a stream cannot change its codec, which clients were told', async () => {
  const h265 = makeVideo(join(folder, 'h265.mp4'), { options: ['-c:v', 'libx265', '-x265-params', 'log-level=error'] })
  await using camera = await aCamera()
  await expect(camera.switchVideo('stream1', h265)).rejects.toThrow('announced as h264')
})

test.each([
  [3600, 3600],
  // ffmpeg takes a time before the first one for a counter that has begun again, after 2^32 ticks.
  [-3600, -3600 + 2 ** 32 / 90_000],
])('timestamps jump by %d seconds and the pictures go on', async (seconds, seenByFfmpeg) => {
  await using camera = await aCamera()
  await using reading = startReading(camera.url('stream1'))
  await reading.atLeast(8)
  camera.jumpTimestamps(seconds)
  await reading.atLeast(camera.sentFrames('stream1').length + 10)
  const gapsS = reading.frames.slice(3).map(({ shownMs }, at) => (shownMs - (reading.frames[at + 2]?.shownMs ?? 0)) / 1000)
  expect(gapsS.filter((gap) => Math.abs(gap) > 1).map(Math.round)).toEqual([Math.round(seenByFfmpeg)])
})

test('a camera with a bad cable sends damaged pictures, and whole ones again afterwards', async () => {
  const source = new Set((await readAllFrames(video)).map(({ md5 }) => md5))
  await using camera = await aCamera()
  await using reading = startReading(camera.url('stream1'))
  await reading.atLeast(5)
  camera.corrupt(true)
  while (reading.frames.every(({ md5 }) => source.has(md5))) await delay(50)
  camera.corrupt(false)
  const from = camera.sentFrames('stream1').length // nobody reads more than was sent
  await reading.atLeast(from + 30)
  expect(reading.frames.slice(from + 20).every(({ md5 }) => source.has(md5))).toBe(true)
  expect(reading.frames.every(({ bytes }) => bytes === FRAME_BYTES)).toBe(true)
})

test('a camera that starts slowly answers late and sends its first frame later still', async () => {
  await using camera = await aCamera()
  camera.setSlowStart(1000, 1500)
  const startedMs = Date.now()
  await using reading = startReading(camera.url('stream1'))
  while (camera.sessions.current === 0) await delay(20)
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(1000)
  await reading.atLeast(1)
  expect((camera.sentFrames('stream1')[0]?.atMs ?? 0) - startedMs).toBeGreaterThanOrEqual(2500)
})
