import { expect, test } from 'vitest'
import type { StageLog } from '../contracts/clip-state.ts'
import { stands } from './first-alert-state.ts'

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
