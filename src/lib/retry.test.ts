import { expect, test } from 'vitest'
import { retryDelayMs } from './retry.ts'

test('each wait doubles the one before', () => {
  expect([2, 3, 4, 5].map((attempt) => retryDelayMs(attempt, 100, 0.5))).toEqual([100, 200, 400, 800])
})

test('jitter spreads the waits by a quarter to each side', () => {
  expect(retryDelayMs(2, 100, 0)).toBe(75)
  expect(retryDelayMs(2, 100, 0.999)).toBeLessThan(125)
})

test('the wait grows no further than its cap', () => {
  expect(retryDelayMs(50, 1000, 0.5, { capMs: 600_000 })).toBe(600_000)
})

test('the other side gets at least the time it asked for, also beyond the cap', () => {
  expect(retryDelayMs(2, 100, 0.5, { atLeastMs: 5000, capMs: 1000 })).toBe(5000)
})

test('no backoff means no wait', () => {
  expect(retryDelayMs(2, 0, 0.9)).toBe(0)
})
