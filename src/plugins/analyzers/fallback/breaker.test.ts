import { describe, expect, test } from 'vitest'
import { admit, CLOSED, settle, type Breaker, type Outcome } from './breaker.ts'

const POLICY = { failures: 3, cooldownMs: 1000 }
const NOW = 10_000
const HALF_OPEN: Breaker = { state: 'half_open' }

const closed = (failures: number): Breaker => ({ state: 'closed', failures })
const open = (untilMs: number): Breaker => ({ state: 'open', untilMs })
const good: Outcome = { ok: true }
const bad = (kind: 'unavailable' | 'timeout' | 'invalid' | 'bug' | 'rejected' | 'cancelled', retryAfterMs?: number): Outcome => ({
  ok: false,
  error: { kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
})

describe('a request', () => {
  test.each<[string, Breaker, Breaker | null]>([
    ['passes a closed breaker', closed(2), closed(2)],
    ['does not pass an open one', open(NOW + 1), null],
    ['passes one whose time is up, alone', open(NOW), HALF_OPEN],
    ['waits while another one tries', HALF_OPEN, null],
  ])('%s', (_name, breaker, expected) => {
    expect(admit(breaker, NOW)).toEqual(expected)
  })
})

describe('after', () => {
  test.each<[string, Breaker, Outcome, Breaker]>([
    ['an answer, failures are forgotten', closed(2), good, CLOSED],
    ['an answer to the one that tried, it is closed', HALF_OPEN, good, CLOSED],
    ['an answer to a request from before it opened, it is closed', open(NOW + 500), good, CLOSED],
    ['a first failure, it stays closed', closed(0), bad('unavailable'), closed(1)],
    ['as many failures in a row as allowed, it opens', closed(2), bad('timeout'), open(NOW + 1000)],
    ['answers of no use in a row, it opens too', closed(2), bad('invalid'), open(NOW + 1000)],
    ['bugs in a row, it opens too', closed(2), bad('bug'), open(NOW + 1000)],
    ['a wrong key, it opens at once', closed(0), bad('rejected'), open(NOW + 1000)],
    ['a failure of the one that tried, it opens again', HALF_OPEN, bad('unavailable'), open(NOW + 1000)],
    ['a failure from before it opened, it stays open for longer', open(NOW + 200), bad('unavailable'), open(NOW + 1000)],
    ['a failure from before it opened, it stays open no shorter', open(NOW + 9000), bad('unavailable'), open(NOW + 9000)],
    ['being asked to wait, it opens for that long', closed(0), bad('unavailable', 300), open(NOW + 300)],
    ['the last failure that asks for a short wait, it opens for the cooldown', closed(2), bad('unavailable', 300), open(NOW + 1000)],
    ['the last failure that asks for a long wait, it opens for that long', closed(2), bad('unavailable', 7000), open(NOW + 7000)],
    ['being asked to wait for a year, it opens for an hour', closed(0), bad('unavailable', 3e10), open(NOW + 3_600_000)],
    ['being asked to wait no time, it stays closed', closed(0), bad('unavailable', 0), closed(1)],
    ['a request that was called off, nothing changes', closed(2), bad('cancelled'), closed(2)],
    ['the one that tried was called off, the next may try', HALF_OPEN, bad('cancelled'), open(NOW)],
  ])('%s', (_name, breaker, outcome, expected) => {
    expect(settle(breaker, outcome, POLICY, NOW)).toEqual(expected)
  })
})
