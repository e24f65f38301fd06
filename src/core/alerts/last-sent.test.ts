import { expect, test } from 'vitest'
import type { ClipStateData, FirstAlert, StageLog } from '../../contracts/clip-state.ts'
import { anAnalysis } from '../../testkit/builders.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { LastSent } from './last-sent.ts'

const NOW = '2026-01-01T12:00:00.000Z'
const at = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString()
const log = (status: StageLog['status'], seconds: number): StageLog => {
  const started_at = at(seconds)
  return { status, attempts: 1, started_at, finished_at: status === 'running' ? null : at(seconds), last_error: null }
}
const first = (seconds: number): FirstAlert => ({ delivery: log('ok', seconds), receipt: null, withdrawal: null })
const told = (nth: number, changes: Partial<ClipStateData>) => aClipState({ clip_id: `front_door_${nth}.mp4`, ...changes })

function memory(clock = new FakeClock(NOW)) {
  const lastSent = new LastSent(new Map([['phone', 60_000]]), clock)
  return { lastSent, clock, of: (except: string | null = null) => lastSent.of('phone', 'front_door', except) }
}

test('the last alert that a notifier was told of a camera is known, with its risk', () => {
  const { lastSent, of } = memory()
  expect(of()).toBeNull()
  lastSent.note(told(1, { notifications: { phone: log('ok', -10) }, analysis_result: anAnalysis() }))
  lastSent.note(told(2, { notifications: { phone: log('ok', -20) } }))
  expect(of()).toEqual({ atMs: Date.parse(at(-10)), risk: 'high' })
  expect(of('front_door_1.mp4')).toEqual({ atMs: Date.parse(at(-20)), risk: null })
  expect([lastSent.of('siren', 'front_door'), lastSent.of('phone', 'garage')]).toEqual([null, null])
})

test('one on its way counts; one that failed, was held back or is longer ago than the cooldown does not', () => {
  const { lastSent, of } = memory()
  lastSent.note(told(1, { notifications: { phone: log('error', -1) } }))
  lastSent.note(told(2, { notifications: { phone: log('skipped', -1) } }))
  lastSent.note(told(3, { notifications: { phone: log('ok', -61) } }))
  lastSent.note(told(4, { notifications: { siren: log('ok', -1) } }))
  expect(of()).toBeNull()
  lastSent.note(told(5, { notifications: { phone: log('running', -5) } }))
  expect(of()?.atMs).toBe(Date.parse(at(-5)))
  lastSent.note(told(5, { notifications: { phone: log('error', -4) } }))
  expect(of()).toBeNull()
})

test('a first alert counts until it is taken back', () => {
  const { lastSent, of } = memory()
  lastSent.note(told(1, { notifications: { phone: log('ok', -30) } }))
  lastSent.note(told(2, { first_alerts: { phone: first(-5) } }))
  expect(of()?.atMs).toBe(Date.parse(at(-5)))
  const alert_decision = { notify: false, notify_reason: 'below_threshold' }
  lastSent.note(told(2, { first_alerts: { phone: first(-5) }, alert_decision }))
  expect(of()?.atMs).toBe(Date.parse(at(-5))) // not judged, so not taken back
  lastSent.note(told(2, { first_alerts: { phone: first(-5) }, alert_decision, analysis_result: anAnalysis() }))
  expect(of()?.atMs).toBe(Date.parse(at(-30)))
})
