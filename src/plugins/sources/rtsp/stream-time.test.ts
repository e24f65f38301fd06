import { describe, expect, test } from 'vitest'
import { StreamClock } from './stream-clock.ts'
import { datingFor, timestampStep, TRUSTED } from './timestamp-policy.ts'

describe('the clock of a stream', () => {
  test('knows nothing before the first picture', () => {
    expect(new StreamClock().toMonotonicMs(0)).toBeNull()
    expect(new StreamClock().toStreamMs(0)).toBeNull()
  })

  test('goes by the pictures that were delayed least', () => {
    const clock = new StreamClock()
    for (const [ptsMs, arrivedMs] of [
      [0, 1200],
      [100, 1150],
      [200, 1900],
      [300, 1420],
    ] as const)
      clock.observe(ptsMs, arrivedMs)
    expect(clock.toMonotonicMs(300)).toBe(1350)
    expect(clock.toStreamMs(1350)).toBe(300)
  })

  test("follows a camera whose clock is slower than ours, within a minute's drift", () => {
    const clock = new StreamClock()
    // One second lost in each hundred.
    for (let ms = 0; ms <= 300_000; ms += 100) clock.observe(ms * 0.99, ms)
    const error = 300_000 - (clock.toMonotonicMs(300_000 * 0.99) ?? NaN)
    expect(error).toBeGreaterThanOrEqual(0)
    expect(error).toBeLessThan(650)
  })
})

describe('the times of a camera', () => {
  const standingStill = (pictures: number) => Array.from({ length: pictures }, (_, n) => [n * 100, n * 100] as const)
  const run = (lateness: readonly (readonly [latenessMs: number, nowMs: number])[]) => {
    let watch = TRUSTED
    return lateness.map(([latenessMs, nowMs]) => {
      const step = timestampStep(watch, latenessMs, nowMs)
      watch = step.after
      return step.verdict
    })
  }

  test.each([
    [
      'punctual',
      [
        [0, 0],
        [40, 100],
      ],
      'fine',
    ],
    ['a little early, as the first ones after dialling', [[-1900, 0]], 'fine'],
    ['from the future', [[-2500, 0]], 'jumped'],
    [
      'late for a moment',
      [
        [9000, 0],
        [9000, 3000],
        [20, 4000],
      ],
      'fine',
    ],
    [
      'late for good',
      [
        [9000, 0],
        [9000, 3000],
        [9000, 6000],
      ],
      'jumped',
    ],
    [
      'late twice, punctual in between',
      [
        [9000, 0],
        [0, 3000],
        [9000, 5000],
        [9000, 10_000],
      ],
      'fine',
    ],
    ['all shown at the moment of one before them, for two seconds', standingStill(20), 'jumped'],
    ['all shown at the moment of one before them, for a second', standingStill(10), 'fine'],
    [
      'out of order, after a silence',
      [
        [0, 0],
        [4100, 4000],
        [4200, 4000],
        [100, 4100],
      ],
      'fine',
    ],
  ] as const)('pictures that are %s', (_name, pictures, verdict) => {
    expect(run(pictures).at(-1)).toBe(verdict)
  })

  test('are given up after two jumps in ten minutes, and trusted again later', () => {
    expect(datingFor([], 0)).toBe('camera')
    expect(datingFor([1000], 2000)).toBe('camera')
    expect(datingFor([1000, 200_000], 210_000)).toBe('arrival')
    expect(datingFor([1000, 200_000], 601_000)).toBe('camera')
  })
})
