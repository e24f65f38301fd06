import { describe, expect, test } from 'vitest'
import { kindOfStatus, retryAfterMs, untilUnixSecondsMs } from './http-errors.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')

test.each([
  [408, 'unavailable'],
  [429, 'unavailable'],
  [500, 'unavailable'],
  [503, 'unavailable'],
  [529, 'unavailable'],
  [401, 'rejected'],
  [403, 'rejected'],
  [302, 'invalid'],
  [400, 'invalid'],
  [404, 'invalid'],
  [422, 'invalid'],
])('status %i is %s', (status, kind) => {
  expect(kindOfStatus(status)).toBe(kind)
})

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ])('%j is %i ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })

  test.each([null, '', 'soon', '-5', '1.5', '1e9', 'Xxx, 99 Foo 2026 00:00:00 GMT'])('%j says nothing', (header) => {
    expect(retryAfterMs(header, NOW)).toBeUndefined()
  })
})

test.each([
  ['1767225630', 30_000],
  ['1767225599', 0],
  ['soon', undefined],
  ['1e9', undefined],
  ['', undefined],
  [undefined, undefined],
  [['1767225630', '1767225630'], undefined],
])('until the Unix seconds %j it is %s ms', (header, expected) => {
  expect(untilUnixSecondsMs(header, NOW)).toBe(expected)
})
