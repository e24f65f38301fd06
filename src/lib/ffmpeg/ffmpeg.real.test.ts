import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
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

  test.each([
    ['mp4', []],
    ['mp4', ['-bf', '2', '-g', '30', '-output_ts_offset', '1.5']],
    ['mkv', ['-g', '7']],
    ['ts', ['-g', '7']],
  ])('a late second in %s (%j) gives the same picture as when all before it is decoded too', async (ending, options) => {
    const path = makeVideo(file(`late${options.length}.${ending}`), { duration_s: 6, options: [...x264, ...options] })
    const shown = async (seconds: readonly number[]) => {
      const got = await extractJpegs(path, { seconds, ...shape }, never)
      const last = got.ok ? got.value.at(-1) : undefined
      return last && { second: last.second.toFixed(3), jpeg: Buffer.from(last.jpeg).toString('hex') }
    }
    for (const second of [2.5, 4.05, 5.9]) expect(await shown([second])).toEqual(await shown([0, second]))
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
  const whole = (path: string) => ({ path, lookFirstS: null })

  test('shows frames at the wanted rate and shape, whatever the rate of the video', async () => {
    for (const fps of [1, 10, 25]) {
      const seen: unknown[] = []
      const look = async (frame: SampledFrame) => {
        seen.push([frame.second, frame.width, frame.height])
        return 'more' as const
      }
      const scanned = await scanFrames(whole(makeVideo(file(`f${fps}.mp4`), { fps })), sampling, look, never)
      expect(scanned).toEqual({ ok: true, value: 6 })
      expect(seen).toEqual([0, 0.5, 1, 1.5, 2, 2.5].map((second) => [second, 32, 24]))
    }
  })

  test('a frame is the one shown at its second', async () => {
    // 40 levels brighter each second, so 8 from frame to frame.
    const path = makeVideo(file('ramp.mp4'), { picture: 'color', fps: 5, options: ['-vf', "geq=lum='40+40*T':cb=128:cr=128", ...x264] })
    const levels: number[] = []
    const scanned = await scanFrames(whole(path), { ...sampling, sampleFps: 1 }, async ({ rgb }) => (levels.push(rgb[500]!), 'more'), never)
    expect(scanned.ok).toBe(true)
    const steps = levels.map((level) => Math.round(((level - levels[0]!) * 219) / 255 / 8))
    expect(steps).toEqual([0, 5, 10])
  })

  test('stops when told', async () => {
    let seen = 0
    const scanned = await scanFrames(
      whole(makeVideo(file('long.mp4'), { duration_s: 60 })),
      sampling,
      async () => ((seen += 1) === 3 ? 'stop' : 'more'),
      never,
    )
    expect(scanned).toEqual({ ok: true, value: 3 })
    expect(seen).toBe(3)
  })

  test('an abort ends it', async () => {
    const stop = new AbortController()
    const scanned = await scanFrames(whole(file('long.mp4')), sampling, async () => (stop.abort(), 'more'), stop.signal)
    expect(scanned).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  describe('told where to look first', () => {
    /** Every sample as its second and a digest of its picture, in the order it was shown. */
    async function samplesOf(path: string, lookFirstS: number | null, sampleFps: number): Promise<[number, string][]> {
      const seen: [number, string][] = []
      const look = async ({ second, rgb }: SampledFrame) => {
        seen.push([second, createHash('md5').update(rgb).digest('hex')])
        return 'more' as const
      }
      const scanned = await scanFrames({ path, lookFirstS }, { ...sampling, sampleFps }, look, never)
      expect(scanned).toEqual({ ok: true, value: seen.length })
      return seen
    }
    const bySecond = (samples: readonly [number, string][]) => [...samples].sort(([a], [b]) => a - b)
    const keyframes = ['-g', '35', '-bf', '2']

    test.each([
      ['in the middle', 4, 2],
      ['between two samples', 4.9, 2],
      ['at every third of a second', 5, 3],
      ['at more samples than frames', 5, 20],
      ['in the last second', 9, 2],
      ['past the end', 50, 2],
      ['at the start', 0, 2],
    ])('%s it begins there, and shows the same pictures at the same seconds as a look from the start', async (_where, second, fps) => {
      const path = makeVideo(file('seek.mp4'), { duration_s: 10, options: [...x264, ...keyframes] })
      const [ordered, from] = [await samplesOf(path, null, fps), await samplesOf(path, second, fps)]
      expect(bySecond(from)).toEqual(ordered)
      expect(from[0]?.[0]).toBe(second >= 10 ? 0 : Math.floor(second * fps) / fps)
    })

    test('a video whose sound begins before its pictures keeps its seconds', async () => {
      const path = file('late.mp4')
      const picture = ['-itsoffset', '0.7', '-f', 'lavfi', '-i', 'testsrc=s=64x48:r=10:d=8', '-f', 'lavfi', '-i', 'sine=d=8']
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...picture, ...x264, ...keyframes, '-fps_mode', 'vfr', path])
      expect((await samplesOf(path, null, 10)).length).toBeGreaterThan(80)
      expect(bySecond(await samplesOf(path, 4, 2))).toEqual(await samplesOf(path, null, 2))
    })

    test('a container without an index is looked at from its start', async () => {
      const path = makeVideo(file('seek.ts'), { duration_s: 10, options: [...x264, ...keyframes, '-f', 'mpegts'] })
      expect(await samplesOf(path, 4, 2)).toEqual(await samplesOf(path, null, 2))
    })

    test('it stops when told, in either part', async () => {
      for (const [stopAt, frames] of [
        [5, 3],
        [1, 15],
      ]) {
        const look = async ({ second }: SampledFrame) => (second === stopAt ? ('stop' as const) : ('more' as const))
        const scanned = await scanFrames({ path: file('seek.mp4'), lookFirstS: 4 }, sampling, look, never)
        expect(scanned).toEqual({ ok: true, value: frames })
      }
    })
  })

  const broken = Object.keys(BROKEN_VIDEOS).flatMap((kind) => [null, 1].map((lookFirstS) => ({ kind, lookFirstS })))
  test.each(broken)('$kind is invalid, looked at from $lookFirstS on', async ({ kind, lookFirstS }) => {
    const scanned = await scanFrames({ path: BROKEN_VIDEOS[kind]!(folder), lookFirstS }, sampling, async () => 'more', never)
    expect(scanned).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

/** Width and height from the frame header. */
function jpegSize(jpeg: Buffer): number[] {
  const header = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  return [jpeg.readUInt16BE(header + 7), jpeg.readUInt16BE(header + 5)]
}
