import { expect, test } from 'vitest'
import { NO_OUTAGE, outageStep, type Outage, type OutageNews } from './outage-policy.ts'

const MINUTE = 60_000
const down = (changes: Partial<Outage> = {}): Outage => ({ downSinceMs: 0, told: false, lastToldMs: null, ...changes })

type Look = readonly [status: 'ok' | 'starting' | 'down', nowMs: number, tellAfterMs?: number]

test.each<[string, Outage, Look, OutageNews | null]>([
  ['working on', NO_OUTAGE, ['ok', 0], null],
  ['starting for the first time', NO_OUTAGE, ['starting', 99 * MINUTE], null],
  ['just down', NO_OUTAGE, ['down', 99 * MINUTE], null],
  ['down for less than a minute', down(), ['down', MINUTE - 1], null],
  ['down for a minute', down(), ['down', MINUTE], { state: 'down', forMs: MINUTE }],
  ['down for a minute, where ten seconds are enough', down(), ['down', 10_000, 10_000], { state: 'down', forMs: 10_000 }],
  ['down for a minute, where an hour is no news', down(), ['down', 59 * MINUTE, 60 * MINUTE], null],
  ['down and told', down({ told: true, lastToldMs: MINUTE }), ['down', 99 * MINUTE], null],
  ['trying again', down({ told: true, lastToldMs: MINUTE }), ['starting', 99 * MINUTE], null],
  ['back before anyone was told', down(), ['ok', MINUTE], null],
  ['back', down({ told: true, lastToldMs: MINUTE }), ['ok', 2 * MINUTE], { state: 'up', forMs: 2 * MINUTE }],
  ['down again soon after the last news', down({ downSinceMs: 3 * MINUTE, lastToldMs: MINUTE }), ['down', 5 * MINUTE], null],
  [
    'down again for long',
    down({ downSinceMs: 3 * MINUTE, lastToldMs: MINUTE }),
    ['down', 11 * MINUTE],
    { state: 'down', forMs: 8 * MINUTE },
  ],
])('a part that is %s', (_what, before, [status, nowMs, tellAfterMs = MINUTE], tell) => {
  expect(outageStep(before, { status, nowMs, tellAfterMs }).tell).toEqual(tell)
})

test('an outage is told once, and its end once', () => {
  const looks = ['ok', 'down', 'down', 'starting', 'down', 'down', 'ok', 'ok'] as const
  let outage = NO_OUTAGE
  const told = looks.map((status, n) => {
    const { after, tell } = outageStep(outage, { status, nowMs: n * 30_000, tellAfterMs: MINUTE })
    outage = after
    return tell?.state ?? null
  })
  expect(told).toEqual([null, null, null, null, 'down', null, 'up', null])
})
