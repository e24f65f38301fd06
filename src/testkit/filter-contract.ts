import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FilterResultSchema, type FilterResult } from '../contracts/detection.ts'
import type { ObjectFilter } from '../contracts/filter.ts'
import { BROKEN_VIDEOS, makeVideo } from './videos.ts'

export interface FilterUnderTest {
  readonly create: () => Promise<ObjectFilter>
  /** False for a filter that answers without looking; the suite then needs no ffmpeg. */
  readonly readsVideo: boolean
}

/** What every object filter promises. Needs a filter whose model is there. */
export function filterContract(name: string, { create, readsVideo }: FilterUnderTest): void {
  describe(`${name} keeps the filter contract`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'homesec-filter-'))
    const never = new AbortController().signal
    const video = join(folder, 'video.mp4')
    let filter: ObjectFilter
    beforeAll(async () => {
      if (readsVideo) makeVideo(video, { size: '320x240', duration_s: 3 })
      filter = await create()
    })
    afterAll(async () => {
      await filter[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    })

    test('ping names the model', async () => {
      expect(await filter.ping(never)).toEqual({ ok: true, value: { model: expect.stringMatching(/./) as string } })
    })

    test('a result has the shape that is stored', async () => {
      const detected = await filter.detect(video, {}, never)
      expect(detected.ok && FilterResultSchema.parse(detected.value)).toEqual(detected.ok && detected.value)
      expect(detected).toMatchObject({ ok: true })
    })

    test('a result agrees with itself', async () => {
      const detected = await filter.detect(video, { full_scan: true }, never)
      const result = detected.ok ? detected.value : expect.fail('not detected')
      expect([...new Set(result.detections.map((found) => found.class))].sort()).toEqual([...result.detected_classes].sort())
      expect(result.confidence).toBe(Math.max(0, ...result.detections.map(({ confidence }) => confidence)))
      expect(result.first_hit_s === null).toBe(result.detections.length === 0)
      expect(result.sampled_frames).toBeGreaterThan(0)
    })

    test.each([1, 1.3, 2.9, 99])('told to look first from second %f on, it leaves nothing out and says the same', async (look_first_s) => {
      for (const overrides of [{}, { full_scan: true }]) {
        const ordered = await filter.detect(video, overrides, never)
        expect(await filter.detect(video, { ...overrides, look_first_s }, never)).toEqual(ordered)
      }
    })

    test('the first hit is told once, before the answer, with what was found until then', async () => {
      const order: string[] = []
      const hits: FilterResult[] = []
      const onHit = (soFar: FilterResult) => {
        order.push('hit')
        hits.push(soFar)
      }
      const detected = await filter.detect(video, { full_scan: true, onHit }, never)
      order.push('answer')
      const result = detected.ok ? detected.value : expect.fail('not detected')
      expect(order).toEqual(result.detections.length > 0 ? ['hit', 'answer'] : ['answer'])
      for (const soFar of hits) {
        expect(FilterResultSchema.parse(soFar)).toEqual(soFar)
        expect(soFar.detections).toEqual(result.detections.slice(0, soFar.detections.length))
      }
    })

    test('an aborted call is cancelled', async () => {
      expect(await filter.detect(video, {}, AbortSignal.abort())).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    })

    test('calls at the same time all answer', async () => {
      const detected = await Promise.all([1, 2, 3].map(() => filter.detect(video, {}, never)))
      expect(detected.map(({ ok }) => ok)).toEqual([true, true, true])
    })

    test('closing twice is closing once; a closed filter says so', async () => {
      const other = await create()
      await other[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
      expect(await other.detect(video, {}, never)).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    })

    if (readsVideo) readsVideoContract(() => filter, folder)
  })
}

function readsVideoContract(filter: () => ObjectFilter, folder: string): void {
  const never = new AbortController().signal

  test.each(Object.keys(BROKEN_VIDEOS))('%s is invalid, not empty', async (kind) => {
    const detected = await filter().detect(BROKEN_VIDEOS[kind]!(folder), {}, never)
    expect(detected).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test('a file that is not there is invalid', async () => {
    expect(await filter().detect(join(folder, 'absent.mp4'), {}, never)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test.each([
    ['one pixel', '1x1', ['-c:v', 'mpeg4']],
    ['4K', '3840x2160', ['-c:v', 'libx264', '-preset', 'ultrafast']],
    ['a very wide picture', '2000x16', ['-c:v', 'mpeg4']],
  ])('%s is looked at', async (_, size, options) => {
    const path = makeVideo(join(folder, `${size}.mp4`), { size, duration_s: 0.5, options })
    expect(await filter().detect(path, {}, never)).toMatchObject({ ok: true })
  })

  test('an abort in the middle is cancelled, and the next call works', async () => {
    const long = makeVideo(join(folder, 'long.mp4'), { size: '640x480', duration_s: 120 })
    const stop = new AbortController()
    const running = filter().detect(long, { full_scan: true, sample_fps: 10 }, stop.signal)
    await new Promise((resolve) => setTimeout(resolve, 300))
    stop.abort()
    expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    expect(await filter().detect(join(folder, 'video.mp4'), {}, never)).toMatchObject({ ok: true })
  })

  test('a file that is no video is invalid, wherever one looks first', async () => {
    const detected = await filter().detect(BROKEN_VIDEOS['a text file']!(folder), { look_first_s: 1 }, never)
    expect(detected).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test('sampling is a rate', async () => {
    const detected = await filter().detect(join(folder, 'video.mp4'), { full_scan: true, sample_fps: 3 }, never)
    expect(detected).toMatchObject({ ok: true, value: { sampled_frames: 9 } })
  })
}
