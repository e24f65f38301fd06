import { expect, test } from 'vitest'
import { ClipViewSchema } from '../contracts/api/clips.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import type { StageLog } from '../contracts/clip-state.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { withoutReceipt, withoutReceipts } from './without-receipts.ts'

const AT = '2026-01-01T00:00:00.000Z'
const delivery: StageLog = { status: 'ok', attempts: 1, started_at: AT, finished_at: AT, last_error: null }
const clip = aClipState({ first_alerts: { phone: { delivery, receipt: 'message 7', withdrawal: null } } })

test('receipts of first alerts are shown neither in lists nor in a clip', () => {
  const shown = { phone: { delivery, withdrawal: null } }
  expect(withoutReceipts(clip).first_alerts).toEqual(shown)
  expect(ClipViewSchema.parse(clip).first_alerts).toEqual(shown)
})

test('nor in an event', () => {
  const place = { clip_id: clip.clip_id, seq: 1, ts: AT }
  const sent: ClipEvent = { ...place, event_type: 'notification_sent', attempt: 1, duration_ms: 1, notifier: 'phone', receipt: 'message 7' }
  expect(JSON.stringify(withoutReceipt(sent))).not.toContain('message 7')
  const finished: ClipEvent = { ...place, event_type: 'clip_finished' }
  expect(withoutReceipt(finished)).toEqual(finished)
})
