import { describe, expect, test } from 'vitest'
import { WEEKDAYS } from '../../contracts/weekdays.ts'
import { digestText, dueNow, type HeldAlert } from './quiet-digest.ts'
import { NO_RULES, type RoutingRules } from './route-alert.ts'

const held = (nth: number, changes: Partial<HeldAlert> = {}): HeldAlert => ({
  clip_id: `front_door_${nth}.mp4`,
  camera_name: 'front_door',
  start_ts: new Date(Date.parse('2025-11-24T23:00:00Z') + nth * 60_000).toISOString(),
  reason: 'quiet_hours',
  risk_level: 'medium',
  summary: `Somebody passes, number ${nth}.`,
  ...changes,
})

const RULES: RoutingRules = {
  ...NO_RULES,
  cooldownMs: 600_000,
  quietHours: { fromMinute: 22 * 60, toMinute: 7 * 60, days: WEEKDAYS, timeZone: 'UTC', exceptRisk: null, digest: true },
}
const due = (alerts: readonly HeldAlert[], time: string, lastSentAt: string | null = null, rules = RULES) => {
  const lastSent = () => (lastSentAt === null ? null : { atMs: Date.parse(lastSentAt), risk: null })
  return dueNow(alerts, rules, { now: new Date(time), lastSent }).map(({ clip_id }) => clip_id)
}

describe('what is due', () => {
  test('nothing while it is quiet, all afterwards', () => {
    const alerts = [held(1), held(2, { reason: 'cooldown' })]
    expect(due(alerts, '2025-11-25T06:59:00Z')).toEqual([])
    expect(due(alerts, '2025-11-25T07:00:00Z')).toEqual(alerts.map(({ clip_id }) => clip_id))
  })

  test('what came too soon after another waits until its camera may speak again', () => {
    const alerts = [held(1), held(2, { reason: 'cooldown' })]
    expect(due(alerts, '2025-11-25T12:09:00Z', '2025-11-25T12:00:00Z')).toEqual(['front_door_1.mp4'])
    expect(due(alerts, '2025-11-25T12:10:00Z', '2025-11-25T12:00:00Z')).toHaveLength(2)
  })

  test('what was held back by rules that are gone is told', () => {
    expect(due([held(1)], '2025-11-25T01:00:00Z', null, NO_RULES)).toHaveLength(1)
  })
})

describe('a digest', () => {
  test('has a line for each alert, in the order of the night', () => {
    expect(digestText([held(2, { risk_level: null, summary: null }), held(1)], 'Europe/Berlin')).toBe(
      [
        '2 alerts were held back in quiet hours:',
        'tue 00:01 front_door (medium risk): Somebody passes, number 1.',
        'tue 00:02 front_door (not judged)',
      ].join('\n'),
    )
  })

  test('of one is in the singular, and of different reasons names none', () => {
    expect(digestText([held(1, { reason: 'cooldown' })], null)).toMatch(/^1 alert was held back so soon after another:\n/)
    expect(digestText([held(1), held(2, { reason: 'cooldown' })], null)).toMatch(/^2 alerts were held back:\n/)
  })

  test('of too many lists the riskiest and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, nth) => held(nth, { risk_level: nth === 29 ? 'critical' : nth === 28 ? null : 'low' }))
    const lines = digestText(many, 'UTC').split('\n')
    expect([lines[0], lines.length, lines.at(-1)]).toEqual(['30 alerts were held back in quiet hours:', 22, 'and 10 more'])
    expect(lines.slice(-3, -1)).toEqual([
      'mon 23:28 front_door (not judged): Somebody passes, number 28.',
      'mon 23:29 front_door (critical risk): Somebody passes, number 29.',
    ])
  })
})
