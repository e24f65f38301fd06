import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ObjectFilter } from '../../../contracts/filter.ts'
import { filterContract } from '../../../testkit/filter-contract.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { testData } from '../../../testkit/videos.ts'
import { yoloFilter } from './plugin.ts'

const never = new AbortController().signal
const MODEL = testData('models/yolox_nano.onnx')
const VIDEO = testData('videos/one-by-one-person.mp4')
/** Seconds in which the recording shows somebody, as its description says. */
const PRESENT = [
  [6, 19],
  [23, 43],
  [51, 69],
  [75, 86],
  [93, 119],
  [124, 135],
] as const

const opened: ObjectFilter[] = []
afterAll(async () => {
  for (const filter of opened) await filter[Symbol.asyncDispose]()
})

/** A filter whose data folder holds the model under its name. */
async function open(model: string, config: Record<string, unknown> = {}): Promise<ObjectFilter> {
  const data = mkdtempSync(join(tmpdir(), 'homesec-yolo-'))
  mkdirSync(join(data, 'models'))
  copyFileSync(model, join(data, 'models', 'yolox_nano.onnx'))
  const filter = await built(yoloFilter, config, testHost({ dirs: { data, state: join(data, 'state') } }))
  opened.push(filter)
  return filter
}

describe.skipIf(MODEL === null)('with the real model (skipped where the test data is absent)', () => {
  filterContract('yolo', { create: () => open(MODEL!), readsVideo: true })
})

describe.skipIf(MODEL === null || VIDEO === null)('on the real recording (skipped where the test data is absent)', () => {
  test('the first person is seen in second 6 ± 1, and the rest is not looked at', async () => {
    const filter = await open(MODEL!)
    const detected = await filter.detect(VIDEO!, {}, never)
    const result = detected.ok ? detected.value : expect.fail(detected.error.message)
    expect(result).toMatchObject({ detected_classes: ['person'], model: 'yolox_nano' })
    expect(result.first_hit_s).toBeGreaterThanOrEqual(5)
    expect(result.first_hit_s).toBeLessThanOrEqual(7)
    expect(result.sampled_frames).toBeLessThan(20)
  })

  test('told where the motion leads up to the first person, it finds him in the same second after fewer frames', async () => {
    const filter = await open(MODEL!)
    const [ordered, told] = [await filter.detect(VIDEO!, {}, never), await filter.detect(VIDEO!, { look_first_s: 5 }, never)]
    if (!ordered.ok || !told.ok) return expect.fail('not detected')
    expect(told.value).toEqual({ ...ordered.value, sampled_frames: ordered.value.sampled_frames - 5 * 2 })
  })

  test('told to look where nobody comes any more, it finds whoever was there before', async () => {
    const filter = await open(MODEL!)
    const detected = await filter.detect(VIDEO!, { look_first_s: 137 }, never)
    expect(detected).toMatchObject({ ok: true, value: { detected_classes: ['person'] } })
    expect(detected.ok && detected.value.first_hit_s).toBeLessThanOrEqual(7)
  })

  test('presence agrees with the description in 97 % of the seconds, and boxes lie on the man', async () => {
    const filter = await open(MODEL!)
    const detected = await filter.detect(VIDEO!, { full_scan: true, sample_fps: 1 }, never)
    const { detections, sampled_frames } = detected.ok ? detected.value : expect.fail(detected.error.message)
    const seen = new Set(detections.map(({ second }) => second))
    const expected = (second: number) => PRESENT.some(([from, to]) => second >= from && second <= to)
    const wrong = Array.from({ length: 139 }, (_, second) => second).filter((second) => seen.has(second) !== expected(second))
    expect(sampled_frames).toBe(140)
    expect(wrong.length / 139, `seconds ${wrong.join(', ')}`).toBeLessThanOrEqual(0.03)

    const [x, y, width, height] = detections.find(({ second }) => second === 30)!.box
    for (const [edge, wanted] of [
      [x, 0.48],
      [x + width, 0.72],
      [y, 0],
      [y + height, 0.9],
    ] as const) {
      expect(Math.abs(edge - wanted)).toBeLessThanOrEqual(0.06)
    }
  })
})
