import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { BROKEN_VIDEOS, makeVideo } from '../../testkit/videos.ts'
import { extractJpegs } from './extract-jpegs.ts'
import { probeVideo } from './probe.ts'
import { scanFrames, type SampledFrame } from './scan-frames.ts'

const folder = mkdtempSync(join(tmpdir(), 'homesec-ffmpeg-'))
afterAll(() => rmSync(folder, { recursive: true }))
const never = new AbortController().signal
const file = (name: string) => join(folder, name)
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

describe('probeVideo', () => {
  test('says what a video is', async () => {
    const path = makeVideo(file('plain.mp4'), { options: [...x264, '-metadata', 'creation_time=2024-05-06T07:08:09Z'] })
    expect(await probeVideo(path, never)).toEqual({
      ok: true,
      value: {
        duration_s: 3,
        width: 64,
        height: 48,
        fps: 10,
        codec: 'h264',
        has_audio: false,
        is_mp4: true,
        creation_time: '2024-05-06T07:08:09.000Z',
      },
    })
  })

  test('measures the length of a recording whose container does not say it', async () => {
    const path = file('live.mkv')
    makeVideo(path, { options: [...x264, '-f', 'matroska', '-live', '1'] })
    expect(await probeVideo(path, never)).toMatchObject({ ok: true, value: { duration_s: expect.closeTo(3, 0) as number } })
  })

  test('one pixel is a video', async () => {
    const path = makeVideo(file('pixel.mp4'), { size: '1x1', options: ['-c:v', 'mpeg4'] })
    expect(await probeVideo(path, never)).toMatchObject({ ok: true, value: { width: 1, height: 1 } })
  })

  test('4K is a video', async () => {
    const path = makeVideo(file('4k.mp4'), { size: '3840x2160', duration_s: 0.5 })
    expect(await probeVideo(path, never)).toMatchObject({ ok: true, value: { width: 3840, height: 2160 } })
  })

  test.each(Object.keys(BROKEN_VIDEOS))('%s is invalid', async (kind) => {
    const probed = await probeVideo(BROKEN_VIDEOS[kind]!(folder), never)
    expect(probed).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringMatching(/^not a readable video: /) as string },
    })
  })

  test('a missing file and a folder are invalid', async () => {
    expect(await probeVideo(file('absent.mp4'), never)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(await probeVideo(folder, never)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test('an aborted probe is cancelled', async () => {
    expect(await probeVideo(file('plain.mp4'), AbortSignal.abort())).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test('hostile names are only names', async () => {
    for (const name of ['-i x.mp4', "it's %03d; $(id) `id`.mp4", 'concat:a|b.mp4', 'ü\n.mp4']) {
      const path = file(name)
      makeVideo(`file:${path}`)
      expect(await probeVideo(path, never), name).toMatchObject({ ok: true })
    }
  })
})

describe('extractJpegs', () => {
  const shape = { maxSize: 32, quality: 80 }

  test('gives the frame at or after each second, in order, each once', async () => {
    const got = await extractJpegs(makeVideo(file('j.mp4')), { seconds: [1.2, 0, 0.55, 0.58], ...shape }, never)
    expect(got.ok && got.value.map(({ second }) => second)).toEqual([0, 0.6, 1.2])
    for (const { jpeg } of got.ok ? got.value : []) {
      expect([...jpeg.subarray(0, 2), ...jpeg.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xd9])
    }
  })

  test('seconds past the end give the last frame, also of a video without an index', async () => {
    for (const path of [makeVideo(file('p.mp4')), makeVideo(file('p.mkv'), { options: [...x264, '-f', 'matroska', '-live', '1'] })]) {
      const got = await extractJpegs(path, { seconds: [1, 50, 60], ...shape }, never)
      expect(got.ok && got.value.map(({ second }) => second)).toEqual([1, 2.9])
    }
  })

  test('the end of a video of one frame in ten seconds is found', async () => {
    const got = await extractJpegs(makeVideo(file('slow.mp4'), { fps: 0.1, duration_s: 40 }), { seconds: [99], ...shape }, never)
    expect(got.ok && got.value.map(({ second }) => second)).toEqual([30])
  })

  test('a frame is made smaller, never larger', async () => {
    const path = makeVideo(file('s.mp4'))
    const sizes = []
    for (const maxSize of [32, 1000]) {
      const got = await extractJpegs(path, { seconds: [0], maxSize, quality: 80 }, never)
      sizes.push(got.ok && jpegSize(Buffer.from(got.value[0]!.jpeg)))
    }
    expect(sizes).toEqual([
      [32, 24],
      [64, 48],
    ])
  })

  test('a broken video is invalid', async () => {
    const got = await extractJpegs(BROKEN_VIDEOS['a text file']!(folder), { seconds: [0], ...shape }, never)
    expect(got).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

describe('scanFrames', () => {
  const sampling = { sampleFps: 2, width: 32, height: 32, fit: 'contain' as const }

  test('shows frames at the wanted rate and shape, whatever the rate of the video', async () => {
    for (const fps of [1, 10, 25]) {
      const seen: unknown[] = []
      const look = async (frame: SampledFrame) => {
        seen.push([frame.second, frame.width, frame.height])
        return 'more' as const
      }
      const scanned = await scanFrames(makeVideo(file(`f${fps}.mp4`), { fps }), sampling, look, never)
      expect(scanned).toEqual({ ok: true, value: 6 })
      expect(seen).toEqual([0, 0.5, 1, 1.5, 2, 2.5].map((second) => [second, 32, 24]))
    }
  })

  test('a frame is the one shown at its second', async () => {
    // 40 levels brighter each second, so 8 from frame to frame.
    const path = makeVideo(file('ramp.mp4'), { picture: 'color', fps: 5, options: ['-vf', "geq=lum='40+40*T':cb=128:cr=128", ...x264] })
    const levels: number[] = []
    const scanned = await scanFrames(path, { ...sampling, sampleFps: 1 }, async ({ rgb }) => (levels.push(rgb[500]!), 'more'), never)
    expect(scanned.ok).toBe(true)
    const steps = levels.map((level) => Math.round(((level - levels[0]!) * 219) / 255 / 8))
    expect(steps).toEqual([0, 5, 10])
  })

  test('stops when told', async () => {
    let seen = 0
    const scanned = await scanFrames(
      makeVideo(file('long.mp4'), { duration_s: 60 }),
      sampling,
      async () => ((seen += 1) === 3 ? 'stop' : 'more'),
      never,
    )
    expect(scanned).toEqual({ ok: true, value: 3 })
    expect(seen).toBe(3)
  })

  test('an abort ends it', async () => {
    const stop = new AbortController()
    const scanned = await scanFrames(file('long.mp4'), sampling, async () => (stop.abort(), 'more'), stop.signal)
    expect(scanned).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test.each(Object.keys(BROKEN_VIDEOS))('%s is invalid', async (kind) => {
    const scanned = await scanFrames(BROKEN_VIDEOS[kind]!(folder), sampling, async () => 'more', never)
    expect(scanned).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

/** Width and height from the frame header. */
function jpegSize(jpeg: Buffer): number[] {
  const header = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  return [jpeg.readUInt16BE(header + 7), jpeg.readUInt16BE(header + 5)]
}
