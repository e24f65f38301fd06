import { expect, test } from 'vitest'
import type { StageLog } from '../../contracts/clip-state.ts'
import { anAnalysis } from '../../testkit/builders.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { closingsOwed, stands } from './first-alert-state.ts'

const AT = '2026-01-01T00:00:00.000Z'
const log = (changes: Partial<StageLog>): StageLog => ({
  status: 'ok',
  attempts: 1,
  started_at: AT,
  finished_at: AT,
  last_error: null,
  ...changes,
})

test.each([
  ['one that was delivered', log({}), null, true],
  ['one that was cut short, as it may have arrived', log({ status: 'pending', last_error: 'cancelled: shutting down' }), null, true],
  ['one whose answer came too late, for the same reason', log({ status: 'error', last_error: 'timeout: no answer' }), null, true],
  ['none that was refused', log({ status: 'error', last_error: 'rejected: wrong key' }), null, false],
  ['none that was never tried', log({ status: 'pending', started_at: null, last_error: 'cancelled: shutting down' }), null, false],
  ['one whose withdrawal did not get through', log({}), log({ status: 'error', last_error: 'unavailable: down' }), true],
  ['none that was taken back', log({}), log({}), false],
])('of the first alerts stands %s', (_what, delivery, withdrawal, expected) => {
  expect(stands({ delivery, withdrawal, receipt: null })).toBe(expected)
})

test('no first alert stands where there was none', () => {
  expect(stands(undefined)).toBe(false)
})

test.each([
  ['is on its way', {}, []],
  ['was lost with its file', { local_deleted_at: AT }, ['phone']],
  ['was lost here, but is stored', { local_deleted_at: AT, storage_uri: 'memory:a' }, []],
  ['alerts', { alert_decision: { notify: true, notify_reason: 'risk_level=high' } }, []],
  ['was judged harmless', { alert_decision: { notify: false, notify_reason: 'x' }, analysis_result: anAnalysis() }, ['phone']],
  ['was not judged', { alert_decision: { notify: false, notify_reason: 'x' } }, ['phone']],
])('of a clip that %s, who got the first alert is owed what closes it', (_what, changes, expected) => {
  const first_alerts = { phone: { delivery: log({}), receipt: null, withdrawal: null } }
  expect(closingsOwed(aClipState({ first_alerts, ...changes }))).toEqual(expected)
  const told = aClipState({ first_alerts, ...changes, notifications: { phone: log({}) } })
  expect(closingsOwed(told)).toEqual([])
})
