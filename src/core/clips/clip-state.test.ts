import { describe, expect, test } from 'vitest'
import { ClipStateDataSchema, type ClipStateData } from '../../contracts/clip-state.ts'
import type { ClipEvent, ClipFact } from '../../contracts/clip-events.ts'
import { aClip, aFilterResult, anAnalysis, NOTHING_DETECTED } from '../../testkit/builders.ts'
import { applyEvent } from './clip-state.ts'

const clip = aClip()
const RECORDED: ClipFact = { event_type: 'clip_recorded', clip, config_hash: 'abc' }
const UPLOADED: ClipFact = { event_type: 'upload_completed', attempt: 1, duration_ms: 5, storage_uri: 'memory:a', view_url: 'https://x/a' }
const FILTERED: ClipFact = { event_type: 'filter_completed', attempt: 1, duration_ms: 5, filter_result: aFilterResult() }
const USAGE = { model: 'vlm-1', prompt_tokens: 10, completion_tokens: 2, cost_usd: null }
const ANALYSED: ClipFact = { event_type: 'vlm_completed', attempt: 1, duration_ms: 5, analysis_result: anAnalysis(), usage: USAGE }
const SENT = (notifier: string): ClipFact => ({ event_type: 'notification_sent', attempt: 1, duration_ms: 1, notifier })
const FINISHED: ClipFact = { event_type: 'clip_finished' }
const DELETED: ClipFact = { event_type: 'clip_deleted', deleted_local: false, deleted_storage: false, reason: 'owner' }
const error = (kind: 'unavailable' | 'cancelled' | 'invalid') => ({ kind, message: 'no', plugin: 'fake' })
const failed = (stage: 'upload' | 'filter' | 'vlm', will_retry: boolean, kind: 'unavailable' | 'cancelled' = 'unavailable'): ClipFact => ({
  event_type: `${stage}_failed`,
  attempt: 1,
  duration_ms: 1,
  will_retry,
  error: error(kind),
})

function fold(...facts: ClipFact[]): ClipStateData {
  const state = facts.reduce<ClipStateData | null>((before, fact, index) => {
    const ts = new Date(Date.parse('2026-01-01T00:00:10Z') + index * 1000).toISOString()
    const event: ClipEvent = { ...fact, clip_id: clip.clip_id, seq: index + 1, ts }
    return applyEvent(before, event)
  }, null)
  if (state === null) throw new Error('nothing was recorded')
  return ClipStateDataSchema.parse(state)
}

describe('the status', () => {
  test.each<[ClipStateData['status'], ClipFact[]]>([
    ['queued_local', []],
    ['queued_local', [{ event_type: 'upload_started', attempt: 1 }]],
    ['uploaded', [UPLOADED]],
    ['filtered', [FILTERED]],
    ['filtered', [UPLOADED, FILTERED]],
    ['filtered', [FILTERED, UPLOADED]],
    ['analyzed', [FILTERED, ANALYSED]],
    ['analyzed', [FILTERED, ANALYSED, UPLOADED]],
    ['filtered', [FILTERED, failed('vlm', false)]],
    ['error', [failed('filter', false)]],
    ['error', [failed('filter', false), UPLOADED]],
    ['queued_local', [failed('filter', true)]],
    ['queued_local', [failed('filter', false, 'cancelled')]],
    ['queued_local', [failed('upload', false)]],
    ['done', [FILTERED, UPLOADED, FINISHED]],
    ['done', [FILTERED, failed('upload', false), FINISHED]],
    ['done', [FILTERED, failed('upload', false), FINISHED, UPLOADED]],
    ['deleted', [DELETED]],
    ['deleted', [DELETED, UPLOADED, FILTERED, ANALYSED, FINISHED, failed('filter', false)]],
    ['deleted', [FILTERED, UPLOADED, FINISHED, DELETED]],
  ])('is %s after %j', (status, facts) => {
    expect(fold(RECORDED, ...facts).status).toBe(status)
  })
})

test('two stages that run side by side both leave their result', () => {
  const started: ClipFact[] = [
    { event_type: 'upload_started', attempt: 1 },
    { event_type: 'filter_started', attempt: 1 },
  ]
  for (const order of [
    [UPLOADED, FILTERED],
    [FILTERED, UPLOADED],
  ]) {
    expect(fold(RECORDED, ...started, ...order)).toMatchObject({ storage_uri: 'memory:a', filter_result: { model: 'mock' } })
  }
})

test('a new clip waits for everything, and knows its configuration', () => {
  const state = fold(RECORDED)
  expect(state).toMatchObject({ ...clip, event_seq: 1, created_at: '2026-01-01T00:00:10.000Z', provenance: { config_hash: 'abc' } })
  expect(Object.values(state.stages).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending', 'pending'])
})

test('a stage knows its attempts, when it first began, and its last error until it works', () => {
  const failing = fold(RECORDED, { event_type: 'upload_started', attempt: 1 }, failed('upload', true), {
    event_type: 'upload_started',
    attempt: 2,
  })
  expect(failing.stages.upload).toMatchObject({
    status: 'running',
    attempts: 2,
    started_at: '2026-01-01T00:00:11.000Z',
    last_error: 'unavailable: no',
  })
  expect(fold(RECORDED, failed('upload', true), UPLOADED).stages.upload).toMatchObject({ status: 'ok', last_error: null })
})

test('a stage that a shutdown cut short waits again', () => {
  expect(fold(RECORDED, { event_type: 'vlm_started', attempt: 1 }, failed('vlm', false, 'cancelled')).stages.vlm.status).toBe('pending')
})

test('models and tokens are remembered', () => {
  expect(fold(RECORDED, FILTERED, ANALYSED)).toMatchObject({
    provenance: { filter_model: 'mock', vlm_model: 'vlm-1' },
    vlm_usage: USAGE,
    analysis_result: { risk_level: 'high' },
  })
})

test('a skipped analysis says why', () => {
  const skippedVlm: ClipFact = { event_type: 'vlm_skipped', reason: 'no_trigger_classes' }
  const state = fold(RECORDED, { ...FILTERED, filter_result: NOTHING_DETECTED }, skippedVlm)
  expect(state.stages.vlm).toMatchObject({ status: 'skipped', last_error: 'no_trigger_classes' })
})

test('an alert is sent when the first notifier has it, and failed while one of them has not', () => {
  const refused: ClipFact = {
    event_type: 'notification_failed',
    attempt: 1,
    duration_ms: 1,
    notifier: 'mail',
    will_retry: false,
    error: error('invalid'),
  }
  const state = fold(RECORDED, SENT('phone'), refused)
  expect(state.alert_sent_at).toBe('2026-01-01T00:00:11.000Z')
  expect(state.notifications).toMatchObject({ phone: { status: 'ok' }, mail: { status: 'error' } })
  expect(state.stages.notify).toMatchObject({ status: 'error', last_error: 'invalid: no' })
  expect(fold(RECORDED, SENT('phone'), refused, SENT('mail')).stages.notify.status).toBe('ok')
})

test('pictures and analyses are kept one by one', () => {
  const stored = fold(
    RECORDED,
    { event_type: 'artifacts_stored', thumbnail_uri: 'memory:t', analysis_uri: null },
    { event_type: 'artifacts_stored', thumbnail_uri: null, analysis_uri: 'memory:a' },
  )
  expect(stored).toMatchObject({ thumbnail_uri: 'memory:t', analysis_uri: 'memory:a' })
})

test('a pruned clip is only gone from here', () => {
  expect(fold(RECORDED, FILTERED, UPLOADED, FINISHED, { event_type: 'clip_pruned', reason: 'timer' })).toMatchObject({
    status: 'done',
    storage_uri: 'memory:a',
    local_deleted_at: '2026-01-01T00:00:14.000Z',
  })
})

describe('copies in several places', () => {
  const COPIED = (place: string, view_url: string | null = null): ClipFact => {
    return { event_type: 'upload_copied', place, storage_uri: `local:${place}`, view_url }
  }
  const PRUNED = (place: string | null): ClipFact => ({ event_type: 'storage_pruned', place, reason: 'max_age_days' })

  test('are known as they arrive, before the upload is complete', () => {
    expect(fold(RECORDED, COPIED('nas'))).toMatchObject({
      status: 'queued_local',
      storage_uri: null,
      copies: { nas: { storage_uri: 'local:nas', view_url: null, stored_at: '2026-01-01T00:00:11.000Z' } },
    })
    expect(fold(RECORDED, COPIED('nas'), failed('upload', true), COPIED('usb'), UPLOADED)).toMatchObject({
      storage_uri: 'memory:a',
      copies: { nas: {}, usb: {} },
    })
  })

  test('leave one by one, and with the last one all that was stored, while the upload stays done', () => {
    const both = [RECORDED, COPIED('nas', 'https://x/a'), COPIED('usb', 'https://y/a'), UPLOADED, FILTERED, FINISHED] as const
    const one = fold(...both, PRUNED('nas'))
    expect(one).toMatchObject({ storage_uri: 'memory:a', view_url: 'https://y/a', storage_pruned_at: null })
    expect(Object.keys(one.copies)).toEqual(['usb'])
    expect(fold(...both, PRUNED('usb')).view_url).toBe('https://x/a')
    const none = fold(...both, PRUNED('nas'), PRUNED('usb'))
    expect(none).toMatchObject({ status: 'done', storage_uri: null, view_url: null, copies: {}, stages: { upload: { status: 'ok' } } })
    expect(none.storage_pruned_at).toBe('2026-01-01T00:00:17.000Z')
  })

  test('that is the only one leaves with its picture and its analysis', () => {
    const kept: ClipFact = { event_type: 'artifacts_stored', thumbnail_uri: 'memory:t', analysis_uri: 'memory:j' }
    expect(fold(RECORDED, UPLOADED, kept, FILTERED, FINISHED, PRUNED(null))).toMatchObject({
      storage_uri: null,
      thumbnail_uri: null,
      analysis_uri: null,
      storage_pruned_at: '2026-01-01T00:00:15.000Z',
    })
  })

  test('that arrive after the deletion are remembered, and forgotten once they are deleted', () => {
    expect(fold(RECORDED, DELETED, COPIED('nas')).copies).toMatchObject({ nas: { storage_uri: 'local:nas' } })
    expect(fold(RECORDED, DELETED, COPIED('nas'), { ...DELETED, deleted_storage: true }).copies).toEqual({})
  })

  test('of a journal from before there were any are none', () => {
    const { copies: _copies, storage_pruned_at: _prunedAt, ...older } = fold(RECORDED)
    expect(ClipStateDataSchema.parse(older)).toEqual(fold(RECORDED))
  })
})

describe('a deleted clip', () => {
  test('still knows what has to be deleted in the storage, also what arrived there too late', () => {
    expect(fold(RECORDED, UPLOADED, DELETED).storage_uri).toBe('memory:a')
    const late: ClipFact = { event_type: 'artifacts_stored', thumbnail_uri: 'memory:t', analysis_uri: null }
    expect(fold(RECORDED, DELETED, UPLOADED, late)).toMatchObject({ status: 'deleted', storage_uri: 'memory:a', thumbnail_uri: 'memory:t' })
  })

  test('points nowhere once the storage is rid of it', () => {
    const gone = fold(RECORDED, UPLOADED, DELETED, { ...DELETED, deleted_local: true, deleted_storage: true })
    expect(gone).toMatchObject({ storage_uri: null, view_url: null, deleted_at: '2026-01-01T00:00:12.000Z' })
    expect(gone.local_deleted_at).not.toBeNull()
  })

  test('keeps nothing of what was seen in it, nor the name it came under', () => {
    const gone = fold(
      { ...RECORDED, clip: { ...RECORDED.clip, original_name: 'kids.mp4', motion_scores: [3] } },
      FILTERED,
      ANALYSED,
      DELETED,
    )
    expect(gone).toMatchObject({
      original_name: null,
      motion_scores: null,
      filter_result: null,
      analysis_result: null,
      vlm_usage: null,
    })
  })

  test('learns nothing else', () => {
    expect(fold(RECORDED, DELETED, FILTERED, ANALYSED)).toMatchObject({ filter_result: null, analysis_result: null, event_seq: 4 })
  })
})

test('an event of a clip that was never recorded makes no state', () => {
  expect(applyEvent(null, { ...FINISHED, clip_id: clip.clip_id, seq: 1, ts: clip.start_ts })).toBeNull()
})

test('a digest of what was held back leaves alone what the digest after a restart is to count', () => {
  const held: ClipFact = { event_type: 'notification_held', notifier: 'phone', reason: 'cooldown' }
  const counted: ClipFact = { event_type: 'notification_skipped', reason: 'too_late_counted_in_digest' }
  const state = fold(RECORDED, held, counted, { event_type: 'notification_digested', notifier: 'phone' })
  expect(state.stages.notify.last_error).toBe('too_late_counted_in_digest')
  expect(state.notifications['phone']).toMatchObject({ status: 'skipped', last_error: 'told_in_digest' })
})
