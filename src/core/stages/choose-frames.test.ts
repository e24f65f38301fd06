import { describe, expect, test } from 'vitest'
import { aFilterResult, NOTHING_DETECTED } from '../../testkit/builders.ts'
import { chooseFrames } from './choose-frames.ts'

describe('the frames a model sees', () => {
  const seen = (seconds: readonly number[], best: number | null) =>
    aFilterResult({
      best_frame_s: best,
      detections: seconds.map((second) => ({ class: 'person', confidence: 0.9, box: [0, 0, 1, 1], second })),
    })

  test('are spread over the clip when nothing was detected', () => {
    expect(chooseFrames(10, NOTHING_DETECTED, 5)).toEqual([1, 3, 5, 7, 9])
  })

  test('show the best detection, what came just before and after it, and the rest of the clip', () => {
    const chosen = chooseFrames(60, seen([30], 30), 6)
    expect(chosen).toEqual(expect.arrayContaining([29, 30, 31]))
    expect([chosen.length, Math.min(...chosen) < 15, Math.max(...chosen) > 45]).toEqual([6, true, true])
  })

  test('are never two of one moment around the best detection', () => {
    const chosen = chooseFrames(60, seen([29.8, 30, 30.2], 30), 4)
    expect(chosen.filter((second) => Math.abs(second - 30) < 0.5)).toEqual([30])
  })

  test.each([1, 2, 3, 10, 64])('are at most %i, in order, without repeats and inside the clip', (maxFrames) => {
    for (const detection of [
      NOTHING_DETECTED,
      seen([0], 0),
      seen([2, 4, 6, 8], 6),
      seen(
        Array.from({ length: 300 }, (_, n) => n / 10),
        12,
      ),
    ]) {
      // prettier-ignore
      const chosen = chooseFrames(30, detection, maxFrames)
      expect(chosen.length).toBeGreaterThan(0)
      expect(chosen.length).toBeLessThanOrEqual(maxFrames)
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b))
      expect(chosen.every((second) => second >= 0 && second <= 30)).toBe(true)
    }
  })

  test('a clip without length has one', () => {
    expect(chooseFrames(0, NOTHING_DETECTED, 10)).toEqual([0])
  })
})
