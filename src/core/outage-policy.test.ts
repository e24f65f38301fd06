import { expect, test } from 'vitest'
import { NO_OUTAGE, outageStep, type Outage } from './outage-policy.ts'

const MINUTE = 60_000
const down = (changes: Partial<Outage> = {}): Outage => ({ downSinceMs: 0, told: false, lastToldMs: null, ...changes })

type Look = readonly [status: 'ok' | 'starting' | 'down', nowMs: number]

test.each<[string, Outage, Look, 'down' | 'up' | null]>([
  ['working on', NO_OUTAGE, ['ok', 0], null],
  ['starting for the first time', NO_OUTAGE, ['starting', 99 * MINUTE], null],
  ['just down', NO_OUTAGE, ['down', 99 * MINUTE], null],
  ['down for less than a minute', down(), ['down', MINUTE - 1], null],
  ['down for a minute', down(), ['down', MINUTE], 'down'],
  ['down and told', down({ told: true, lastToldMs: MINUTE }), ['down', 99 * MINUTE], null],
  ['trying again', down({ told: true, lastToldMs: MINUTE }), ['starting', 99 * MINUTE], null],
  ['back before anyone was told', down(), ['ok', MINUTE], null],
  ['back', down({ told: true, lastToldMs: MINUTE }), ['ok', 2 * MINUTE], 'up'],
  ['down again soon after the last news', down({ downSinceMs: 3 * MINUTE, lastToldMs: MINUTE }), ['down', 5 * MINUTE], null],
  ['down again for long', down({ downSinceMs: 3 * MINUTE, lastToldMs: MINUTE }), ['down', 11 * MINUTE], 'down'],
])('a part that is %s', (_what, before, look, tell) => {
  expect(outageStep(before, ...look).tell).toBe(tell)
})

test('an outage is told once, and its end once', () => {
  const looks = ['ok', 'down', 'down', 'starting', 'down', 'down', 'ok', 'ok'] as const
  let outage = NO_OUTAGE
  const told = looks.map((status, n) => {
    const { after, tell } = outageStep(outage, status, n * 30_000)
    outage = after
    return tell
  })
  expect(told).toEqual([null, null, null, null, 'down', null, 'up', null])
})
