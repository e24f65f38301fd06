import { describe, expect, test } from 'vitest'
import { WEEKDAYS } from '../../contracts/weekdays.ts'
import { anAlert } from '../../testkit/builders.ts'
import { NO_RULES, routeAlert, type NotifierQuietHours, type RoutingFacts, type RoutingRules, type Sent } from './route-alert.ts'

const NOON = new Date('2025-11-24T12:00:00Z')
const MIDNIGHT = new Date('2025-11-24T00:00:00Z')
const NIGHT: NotifierQuietHours = {
  fromMinute: 22 * 60,
  toMinute: 7 * 60,
  days: WEEKDAYS,
  timeZone: 'UTC',
  exceptRisk: 'critical',
  digest: true,
}

const low = anAlert({ risk_level: 'low' })
const high = anAlert({ risk_level: 'high' })
const critical = anAlert({ risk_level: 'critical' })
const unjudged = anAlert({ risk_level: null })
const first = anAlert({ risk_level: null, stage: 'first' })

const route = (alert: typeof low, rules: Partial<RoutingRules>, facts: Partial<RoutingFacts> = {}) => {
  const routed = routeAlert(alert, { ...NO_RULES, ...rules }, { now: NOON, lastSent: null, hasFirst: false, silence: null, ...facts })
  return routed.do === 'send' ? 'send' : `${routed.do} ${routed.reason}`
}

test.each([
  ['no rule', low, {}, 'send'],
  ['its camera', low, { cameras: ['front_door'] }, 'send'],
  ['another camera', critical, { cameras: ['garage'] }, 'skip camera_not_wanted'],
  ['enough risk', high, { minRisk: 'high' }, 'send'],
  ['too little risk', low, { minRisk: 'medium' }, 'skip below_min_risk'],
  ['no judgement, whatever the minimum', unjudged, { minRisk: 'critical' }, 'send'],
  ['a first alert, which has no risk yet', first, { minRisk: 'medium' }, 'skip below_min_risk'],
  ['a first alert where any risk will do', first, { minRisk: 'low' }, 'send'],
  ['a first alert without rules', first, {}, 'send'],
] as const)('%s', (_what, alert, rules, expected) => {
  expect(route(alert, rules)).toBe(expected)
})

describe('in quiet hours', () => {
  const asleep = { now: MIDNIGHT }
  test.each([
    ['an alert waits for the digest', high, {}, 'hold quiet_hours'],
    ['so does a first alert', first, {}, 'hold quiet_hours'],
    ['so does what nobody could judge', unjudged, {}, 'hold quiet_hours'],
    ['the excepted risk does not', critical, {}, 'send'],
    ['nor does more than that', critical, { exceptRisk: 'high' }, 'send'],
    ['without an exception all wait', critical, { exceptRisk: null }, 'hold quiet_hours'],
    ['without a digest they are left out', high, { digest: false }, 'skip quiet_hours'],
  ] as const)('%s', (_what, alert, changes, expected) => {
    expect(route(alert, { quietHours: { ...NIGHT, ...changes } }, asleep)).toBe(expected)
  })

  test('at noon it is not quiet', () => {
    expect(route(low, { quietHours: NIGHT })).toBe('send')
  })

  test('what a camera filter leaves out is not in the digest either', () => {
    expect(route(high, { quietHours: NIGHT, cameras: ['garage'] }, asleep)).toBe('skip camera_not_wanted')
  })

  test('an excepted alert still minds the cooldown', () => {
    const lastSent = { atMs: MIDNIGHT.getTime() - 1000, risk: 'critical' } as const
    expect(route(critical, { quietHours: NIGHT, cooldownMs: 60_000 }, { ...asleep, lastSent })).toBe('hold cooldown')
  })
})

describe('a cooldown', () => {
  const ago = (seconds: number, risk: Sent['risk']): Sent => ({ atMs: NOON.getTime() - seconds * 1000, risk })
  test.each([
    ['nothing was sent', low, null, 'send'],
    ['the same risk', high, ago(10, 'high'), 'hold cooldown'],
    ['less risk', low, ago(10, 'high'), 'hold cooldown'],
    ['more risk', critical, ago(10, 'high'), 'send'],
    ['its last moment', low, ago(59.999, 'low'), 'hold cooldown'],
    ['it is over', low, ago(60, 'low'), 'send'],
    ['no judgement', unjudged, ago(10, 'low'), 'hold cooldown'],
    ['low after no judgement', low, ago(10, null), 'hold cooldown'],
    ['high after no judgement', high, ago(10, null), 'send'],
    ['a first alert after another alert', first, ago(10, 'low'), 'hold cooldown'],
    ['a clock that was set back', low, ago(-10, 'low'), 'send'],
  ] as const)('%s', (_what, alert, lastSent, expected) => {
    expect(route(alert, { cooldownMs: 60_000 }, { lastSent })).toBe(expected)
  })

  test('of zero holds nothing back', () => {
    expect(route(low, {}, { lastSent: ago(0, 'low') })).toBe('send')
  })
})

test('who got the first alert gets its verdict, whatever the rules', () => {
  const rules: RoutingRules = { cameras: ['garage'], minRisk: 'critical', cooldownMs: 1e9, quietHours: NIGHT }
  const lastSent = { atMs: MIDNIGHT.getTime() - 1, risk: 'critical' } as const
  expect(route(low, rules, { now: MIDNIGHT, lastSent, hasFirst: true })).toBe('send')
})

test('a silenced camera is told to nobody but who has the first alert', () => {
  expect(route(critical, {}, { silence: 'silenced' })).toBe('skip silenced')
  expect(route(critical, {}, { silence: 'silenced', hasFirst: true })).toBe('send')
})
