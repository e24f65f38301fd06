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
  await vi.waitFor(() => expect(recording.clips.length).toBeGreaterThan(0), { timeout: 120_000, interval: 50 })
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

/** Right to within half a frame, against when the camera filmed its first and last. */
function expectTimesOf(
  clip: OfferedClip,
  { camera, from, to }: { readonly camera: SimulatedCamera; readonly from: number; readonly to: number },
): void {
  const sceneAtMs = new Map(camera.sentFrames('main').map((frame) => [frame.index, frame.sceneAtMs]))
  const frameMs = 1000 / FPS
  const off = (ts: string | null | undefined, ms: number) => Math.abs(Date.parse(ts ?? '') - ms)
  expect(off(clip.start_ts, sceneAtMs.get(from) ?? NaN)).toBeLessThanOrEqual(frameMs / 2)
  expect(off(clip.end_ts, (sceneAtMs.get(to) ?? NaN) + frameMs)).toBeLessThanOrEqual(frameMs / 2)
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

test.concurrent('the smaller stream of a camera is found by the usual address, and watched', async () => {
  const large = await film('found-large.mp4', { size: '640x480' })
  const small = await film('found-small.mp4')
  await using camera = await startSimulatedCamera({ streams: { stream1: { video: large }, stream2: { video: small } } })
  await using recording = await recordCamera({ main: camera.url('stream1') }, { ...CONFIG, derive_detect: true })
  await onlyRun(await firstClip(recording), large)
  expect(camera.sessionsOf('stream1').total).toBe(1)
  expect(camera.sessionsOf('stream2').current).toBe(1)
})

test.concurrent('a guess that leads nowhere costs one question, and the recorded stream is watched', async () => {
  const video = await film('guess.mp4')
  await using camera = await startSimulatedCamera({ streams: { stream1: { video } } })
  await using recording = await recordCamera({ main: camera.url('stream1') }, { ...CONFIG, derive_detect: true })
  await onlyRun(await firstClip(recording), video)
  expect(recording.log.lines.filter(({ fields }) => fields['event_type'] === 'detect_stream_none')).toHaveLength(1)
  expect(camera.sessions).toMatchObject({ total: 1, peak: 1 })
})

test.concurrent('a camera that is switched on later is asked for its smaller stream then', async () => {
  const video = await film('late.mp4')
  await using camera = await startSimulatedCamera({ streams: { stream1: { video }, stream2: { video } } })
  await camera.refuseConnections(true)
  const quick = { reconnect: { backoff_s: 0.2, max_backoff_s: 0.5 } }
  await using recording = await recordCamera({ main: camera.url('stream1') }, { ...CONFIG, ...quick, derive_detect: true })
  await vi.waitFor(() => expect(recording.source.health().state).toBe('down'), { timeout: 40_000 })
  await camera.refuseConnections(false)
  await vi.waitFor(() => expect(camera.sessionsOf('stream2').current).toBe(1), { timeout: 40_000, interval: 100 })
})

test.concurrent('a camera is recorded over UDP', async () => {
  const video = await film('udp.mp4')
  await using camera = await filmed(video)
  await using recording = await recordCamera({ main: camera.url('main') }, { ...CONFIG, stream: { transport: 'udp' } })
  expect((await frameHashes((await firstClip(recording)).path)).length).toBeGreaterThan(5 * FPS)
})

test.concurrent('a decoder that fails when the pictures come is replaced by the CPU', async () => {
  const video = await film('decoder.mp4')
  await using camera = await startSimulatedCamera({ streams: { main: { video } } })
  const quick = { reconnect: { backoff_s: 0.2 } }
  // What the camera sends is known from the run before, so the decoder of that codec is tried at once; there is none here.
  const known = { video_codec: 'h264', width: 320, height: 240, audio_codec: null }
  await using recording = await recordCamera({ main: camera.url('main') }, { ...CONFIG, ...quick, stream: { hwaccel: 'v4l2m2m' } }, known)
  await onlyRun(await firstClip(recording), video)
  expect(recording.log.lines.some(({ fields }) => fields['trouble'] === 'decoder')).toBe(true)
})
