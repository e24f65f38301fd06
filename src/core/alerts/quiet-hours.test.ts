import { describe, expect, test } from 'vitest'
import { WEEKDAYS } from '../../contracts/weekdays.ts'
import { isQuiet, minuteOf, wallClock, type QuietHours } from './quiet-hours.ts'

const quiet = (from: string, to: string, changes: Partial<QuietHours> = {}): QuietHours => ({
  fromMinute: minuteOf(from),
  toMinute: minuteOf(to),
  days: WEEKDAYS,
  timeZone: 'Europe/Berlin',
  ...changes,
})
const NIGHT = quiet('22:00', '07:00')
const at = (time: string) => new Date(time)

// 24 November 2025 is a Monday; Berlin is one hour ahead of UTC then.
test.each([
  ['before it begins', NIGHT, '2025-11-24T20:59:59Z', false],
  ['at its first moment', NIGHT, '2025-11-24T21:00:00Z', true],
  ['after midnight', NIGHT, '2025-11-25T02:00:00Z', true],
  ['at its last moment', NIGHT, '2025-11-25T05:59:59Z', true],
  ['when it is over', NIGHT, '2025-11-25T06:00:00Z', false],
  ['within a day', quiet('13:00', '15:00'), '2025-11-24T12:30:00Z', true],
  ['outside of it on that day', quiet('13:00', '15:00'), '2025-11-24T14:00:00Z', false],
  ['on a day on which it does not begin', quiet('22:00', '07:00', { days: ['tue'] }), '2025-11-24T22:00:00Z', false],
  ['on the morning after a day on which it begins', quiet('22:00', '07:00', { days: ['mon'] }), '2025-11-25T02:00:00Z', true],
  ['on the morning of a day on which it begins', quiet('22:00', '07:00', { days: ['tue'] }), '2025-11-25T02:00:00Z', false],
  ['on the Monday after a Sunday', quiet('22:00', '07:00', { days: ['sun'] }), '2025-11-24T02:00:00Z', true],
  ['until midnight', quiet('22:00', '0:00'), '2025-11-24T22:59:00Z', true],
  ['at midnight then', quiet('22:00', '0:00'), '2025-11-24T23:00:00Z', false],
  ['elsewhere in the world', quiet('22:00', '07:00', { timeZone: 'America/New_York' }), '2025-11-24T21:00:00Z', false],
])('%s', (_when, hours, time, expected) => {
  expect(isQuiet(hours, at(time))).toBe(expected)
})

describe('when the clocks change', () => {
  test('in spring, what is quiet until 02:30 ends at 03:00, since the clock never shows 02:30', () => {
    const until = quiet('22:00', '02:30')
    expect(['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'].map((time) => isQuiet(until, at(time)))).toEqual([true, false])
  })

  test('in spring, what begins at 02:30 begins at 03:00', () => {
    const from = quiet('02:30', '06:00')
    expect(['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'].map((time) => isQuiet(from, at(time)))).toEqual([false, true])
  })

  test('in autumn, the hour that comes twice is quiet both times', () => {
    const times = ['2026-10-25T00:15:00Z', '2026-10-25T00:45:00Z', '2026-10-25T01:15:00Z', '2026-10-25T01:45:00Z']
    expect(times.map((time) => isQuiet(quiet('22:00', '02:30'), at(time)))).toEqual([true, false, true, false])
    expect(times.map((time) => isQuiet(NIGHT, at(time)))).toEqual([true, true, true, true])
  })

  test('the night is as long as the clock says: it ends at seven in both', () => {
    const ends = ['2026-03-29T04:59:00Z', '2026-03-29T05:00:00Z', '2026-10-25T05:59:00Z', '2026-10-25T06:00:00Z']
    expect(ends.map((time) => isQuiet(NIGHT, at(time)))).toEqual([true, false, true, false])
  })
})

test('without a time zone the clock of this machine counts', () => {
  const now = at('2025-11-24T12:00:00Z')
  expect(wallClock(now, null).minute).toBe(now.getHours() * 60 + now.getMinutes())
})
