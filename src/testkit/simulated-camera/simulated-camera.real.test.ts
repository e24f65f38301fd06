import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAllFrames, startReading, type ReadFrame } from '../rtsp-reader.ts'
import { makeVideo, testData } from '../videos.ts'
import { startSimulatedCamera, type SentFrame } from './simulated-camera.ts'

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10']
const WITH_B_FRAMES = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '10', '-bf', '3']
const H265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-x265-params', 'log-level=error:keyint=10']
const MOTION_JPEG = ['-c:v', 'mjpeg', '-q:v', '2']
const sine = (rate: number) => ['-f', 'lavfi', '-i', `sine=d=3:r=${rate}`]

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-simulated-camera-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = (name: string, options: readonly string[], size = '320x240') => makeVideo(join(folder, name), { size, options })
const pictures = (frames: readonly ReadFrame[]) => frames.map(({ md5 }) => md5)

/** What a loop of the source looks like from its frame `from` on. */
const loopFrom = (source: readonly ReadFrame[], from: number, count: number) =>
  Array.from({ length: count }, (_, at) => source[(from + at) % source.length]?.md5)

test.each([
  ['H.264', 'plain.mp4', H264],
  ['H.264 with B-frames', 'b-frames.mp4', WITH_B_FRAMES],
  ['H.265', 'h265.mp4', H265],
  ['H.264 with AAC sound', 'aac.mp4', [...sine(44100), ...WITH_B_FRAMES, '-c:a', 'aac']],
  ['H.264 with telephone sound', 'alaw.mkv', [...sine(8000), ...H264, '-c:a', 'pcm_alaw']],
])('%s comes through frame by frame, over the end of the file too', async (_what, name, options) => {
  const path = file(name, options)
  const source = await readAllFrames(path)
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: path } }, startAt: 'first_session' })
  await using reading = startReading(camera.url('stream1'))
  const frames = (await reading.atLeast(45)).slice(0, 45)
  expect(pictures(frames)).toEqual(loopFrom(source, 0, 45))
  // To the first frames of an RTSP stream, from any server, ffmpeg 5.1 gives guessed times.
  const timed = frames.slice(10)
  const gapsMs = timed.slice(1).map(({ shownMs }, at) => Math.round(shownMs - (timed[at]?.shownMs ?? 0)))
  expect([...new Set(gapsMs)]).toEqual([100])
})

test('a recording of a real camera comes through over UDP', async ({ skip }) => {
  const path = testData('videos/one-by-one-person.mp4')
  if (path === null) return skip('no test data')
  const source = await readAllFrames(path)
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: path } }, startAt: 'first_session' })
  await using reading = startReading(camera.url('stream1'), 'udp')
  expect(pictures((await reading.atLeast(30)).slice(0, 30))).toEqual(loopFrom(source, 0, 30))
})

test.each([
  ['another codec, encoded as H.264', 'motion.avi', MOTION_JPEG],
  ['H.265', 'once.mp4', H265],
])('a stream that does not loop says goodbye at its end (%s)', async (_what, name, options) => {
  const path = file(name, options)
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: path, loop: false } }, startAt: 'first_session' })
  await using reading = startReading(camera.url('stream1'))
  await reading.ended
  expect(reading.frames).toHaveLength(30)
})

test('a live camera is joined in the middle of its scene, at a keyframe, and tells what it sent', async () => {
  const path = file('live.mp4', WITH_B_FRAMES)
  const source = await readAllFrames(path)
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: path } } })
  await using first = startReading(camera.url('stream1'))
  await first.atLeast(1)
  await using second = startReading(camera.url('stream1'))
  const seen = await second.atLeast(15)
  const begin = pictures(source).indexOf(seen[0]?.md5 ?? '')
  expect([10, 20, 0]).toContain(begin)
  expect(pictures(seen)).toEqual(loopFrom(source, begin, seen.length))
  expect(camera.sessions).toMatchObject({ current: 2, peak: 2, total: 2 })
  expect(camera.sessionsOf('stream1')).toMatchObject({ current: 2, peak: 2, total: 2 })

  const sent = camera.sentFrames('stream1')
  expect(sent[0]).toMatchObject({ key: true })
  // The scene goes on evenly by the clock: all frames lead to the same beginning.
  expect(new Set(sent.map((frame) => Math.round(frame.sceneAtMs - sceneMs(frame)))).size).toBe(1)
})

/** How far into the scene a frame of a 3 s loop at 10 frames per second is. */
const sceneMs = ({ index, round }: SentFrame) => 3000 * round + 100 * index

test('two streams of one camera show the same moment', async () => {
  const main = file('main.mp4', H264)
  const sub = file('sub.mp4', H264, '160x120')
  const streams = { 'cam/realmonitor?channel=1&subtype=0': { video: main }, 'cam/realmonitor?channel=1&subtype=1': { video: sub } }
  await using camera = await startSimulatedCamera({ streams })
  const [mainName = '', subName = ''] = Object.keys(streams)
  await using large = startReading(camera.url(mainName))
  await using small = startReading(camera.url(subName))
  expect([(await large.atLeast(1))[0]?.bytes, (await small.atLeast(1))[0]?.bytes]).toEqual([320 * 240 * 1.5, 160 * 120 * 1.5])
  const begins = [mainName, subName].flatMap((name) => camera.sentFrames(name).map((frame) => Math.round(frame.sceneAtMs - sceneMs(frame))))
  expect(new Set(begins).size).toBe(1)
})

test.each([false, true])('the right password opens the camera and a wrong one does not (qop %s)', async (qop) => {
  const path = file('guarded.mp4', H264)
  const credentials = { username: 'admin', password: 'p@ss/w:ord #1', qop }
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: path } }, credentials })
  await using right = startReading(camera.url('stream1'))
  expect((await right.atLeast(1)).length).toBeGreaterThan(0)

  const old = camera.url('stream1')
  camera.changePassword('another')
  await using wrong = startReading(old)
  expect(await wrong.ended).toContain('401 Unauthorized')
  await using again = startReading(camera.url('stream1'))
  expect((await again.atLeast(1)).length).toBeGreaterThan(0)
  expect(camera.sessions.current).toBe(2)
})

test('one session more than it can serve is refused, until another ends', async () => {
  const path = file('busy.mp4', H264)
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: path } }, maxSessions: 1 })
  const first = startReading(camera.url('stream1'))
  await first.atLeast(1)
  await using refused = startReading(camera.url('stream1'))
  expect(await refused.ended).toContain('453 Not Enough Bandwidth')
  await first[Symbol.asyncDispose]()
  await using second = startReading(camera.url('stream1'))
  expect((await second.atLeast(1)).length).toBeGreaterThan(0)
  expect(camera.sessions).toMatchObject({ current: 1, peak: 1, total: 2 })
})

test('a path that the camera does not have is not found', async () => {
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: file('only.mp4', H264) } } })
  await using reading = startReading(camera.url('stream1').replace('stream1', 'stream2'))
  expect(await reading.ended).toContain('404 Not Found')
})

test('a file that is no video, and one that is not there, are told apart from a camera', async () => {
  const broken = { streams: { stream1: { video: import.meta.filename } } }
  await expect(startSimulatedCamera(broken)).rejects.toThrow('cannot read the file')
  await expect(startSimulatedCamera({ streams: { stream1: { video: join(folder, 'none.mp4') } } })).rejects.toThrow('cannot be read')
})
