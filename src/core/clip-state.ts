import type { Clip } from '../contracts/clip.ts'
import type { ClipEvent, StoredError } from '../contracts/clip-events.ts'
import { SCHEMA_VERSION, type ClipStateData, type ClipStatus, type StageLog } from '../contracts/clip-state.ts'
import { unreachable } from '../contracts/result.ts'
import type { StageName } from '../contracts/stages.ts'

const PENDING: StageLog = { status: 'pending', attempts: 0, started_at: null, finished_at: null, last_error: null }

/** What is left of a deleted clip is that there was one. */
const NOTHING_KNOWN = { original_name: null, motion_scores: null, filter_result: null, analysis_result: null, vlm_usage: null } as const

const NOTHING_STORED = { storage_uri: null, view_url: null, thumbnail_uri: null, analysis_uri: null } as const

/** The state after one more event. Pure; an event other than `clip_recorded` on no state is a bug and yields null. */
export function applyEvent(state: ClipStateData | null, event: ClipEvent): ClipStateData | null {
  if (event.event_type === 'clip_recorded') return newState(event.clip, event.config_hash, event)
  if (state === null) return null
  // Always wins: nothing that was still under way brings a deleted clip back.
  if (state.deleted_at !== null && event.event_type !== 'clip_deleted') return stamped(withLateObjects(state, event), event)
  const next = stamped(reduce(state, event), event)
  return { ...next, status: deriveStatus(next) }
}

/** What reaches the storage after the deletion is remembered, because it has to be deleted there too. */
function withLateObjects(state: ClipStateData, event: ClipEvent): ClipStateData {
  if (event.event_type === 'upload_completed') return { ...state, storage_uri: event.storage_uri }
  return event.event_type === 'artifacts_stored' ? reduceOutcome(state, event) : state
}

/** The one-word summary for queries and the page. `error` only when there is no filter result to decide on. */
export function deriveStatus(state: Omit<ClipStateData, 'status'>): ClipStatus {
  if (state.deleted_at !== null) return 'deleted'
  if (state.stages.filter.status === 'error') return 'error'
  if (state.finished_at !== null) return 'done'
  if (state.stages.vlm.status === 'ok') return 'analyzed'
  if (state.stages.filter.status === 'ok') return 'filtered'
  return state.stages.upload.status === 'ok' ? 'uploaded' : 'queued_local'
}

function reduce(state: ClipStateData, event: Exclude<ClipEvent, { event_type: 'clip_recorded' }>): ClipStateData {
  switch (event.event_type) {
    case 'clip_recovered':
      return state
    case 'upload_started':
      return withStage(state, 'upload', started(state.stages.upload, event))
    case 'upload_completed':
      return {
        ...withStage(state, 'upload', succeeded(state.stages.upload, event)),
        storage_uri: event.storage_uri,
        view_url: event.view_url,
      }
    case 'upload_failed':
      return withStage(state, 'upload', failed(state.stages.upload, event))
    case 'filter_started':
      return withStage(state, 'filter', started(state.stages.filter, event))
    case 'filter_completed':
      return {
        ...withStage(state, 'filter', succeeded(state.stages.filter, event)),
        filter_result: event.filter_result,
        provenance: { ...state.provenance, filter_model: event.filter_result.model },
      }
    case 'filter_failed':
      return withStage(state, 'filter', failed(state.stages.filter, event))
    case 'vlm_started':
      return withStage(state, 'vlm', started(state.stages.vlm, event))
    case 'vlm_completed':
      return {
        ...withStage(state, 'vlm', succeeded(state.stages.vlm, event)),
        analysis_result: event.analysis_result,
        vlm_usage: event.usage,
        provenance: { ...state.provenance, vlm_model: event.usage.model },
      }
    case 'vlm_failed':
      return withStage(state, 'vlm', failed(state.stages.vlm, event))
    case 'vlm_skipped':
      return withStage(state, 'vlm', { ...state.stages.vlm, status: 'skipped', finished_at: event.ts, last_error: event.reason })
    default:
      return reduceOutcome(state, event)
  }
}

type OutcomeEvent = Extract<
  ClipEvent,
  { event_type: 'artifacts_stored' | 'alert_decision_made' | 'clip_finished' | 'clip_pruned' | 'clip_deleted' | `notification_${string}` }
>

function reduceOutcome(state: ClipStateData, event: OutcomeEvent): ClipStateData {
  switch (event.event_type) {
    case 'artifacts_stored':
      return {
        ...state,
        thumbnail_uri: event.thumbnail_uri ?? state.thumbnail_uri,
        analysis_uri: event.analysis_uri ?? state.analysis_uri,
      }
    case 'alert_decision_made':
      return { ...state, alert_decision: event.alert_decision }
    case 'notification_started':
      return withNotifier(state, event.notifier, started(state.notifications[event.notifier] ?? PENDING, event))
    case 'notification_sent':
      return {
        ...withNotifier(state, event.notifier, succeeded(state.notifications[event.notifier] ?? PENDING, event)),
        alert_sent_at: state.alert_sent_at ?? event.ts,
      }
    case 'notification_failed':
      return withNotifier(state, event.notifier, failed(state.notifications[event.notifier] ?? PENDING, event))
    case 'notification_skipped':
      return withStage(state, 'notify', { ...state.stages.notify, status: 'skipped', finished_at: event.ts, last_error: event.reason })
    case 'clip_finished':
      return { ...state, finished_at: event.ts }
    case 'clip_pruned':
      return { ...state, local_deleted_at: event.ts }
    case 'clip_deleted':
      return {
        ...state,
        ...NOTHING_KNOWN,
        deleted_at: state.deleted_at ?? event.ts,
        local_deleted_at: event.deleted_local ? event.ts : state.local_deleted_at,
        ...(event.deleted_storage ? NOTHING_STORED : {}),
      }
    default:
      return unreachable(event)
  }
}

function newState(clip: Clip, config_hash: string, event: ClipEvent): ClipStateData {
  return {
    schema_version: SCHEMA_VERSION,
    ...clip,
    status: 'queued_local',
    stages: { upload: PENDING, filter: PENDING, vlm: PENDING, notify: PENDING },
    notifications: {},
    storage_uri: null,
    view_url: null,
    thumbnail_uri: null,
    analysis_uri: null,
    filter_result: null,
    analysis_result: null,
    vlm_usage: null,
    alert_decision: null,
    alert_sent_at: null,
    provenance: { filter_model: null, vlm_model: null, config_hash },
    created_at: event.ts,
    updated_at: event.ts,
    finished_at: null,
    local_deleted_at: null,
    deleted_at: null,
    event_seq: event.seq,
  }
}

function stamped(state: ClipStateData, event: ClipEvent): ClipStateData {
  return { ...state, updated_at: event.ts, event_seq: event.seq }
}

function started(log: StageLog, event: { readonly attempt: number; readonly ts: string }): StageLog {
  return { ...log, status: 'running', attempts: event.attempt, started_at: log.started_at ?? event.ts, finished_at: null }
}

function succeeded(log: StageLog, event: { readonly ts: string }): StageLog {
  return { ...log, status: 'ok', finished_at: event.ts, last_error: null }
}

function failed(log: StageLog, event: { readonly ts: string; readonly will_retry: boolean; readonly error: StoredError }): StageLog {
  const last_error = `${event.error.kind}: ${event.error.message}`
  // Cut short by a shutdown is not a verdict: the next start takes it up again.
  if (event.error.kind === 'cancelled') return { ...log, status: 'pending', last_error }
  return event.will_retry ? { ...log, status: 'running', last_error } : { ...log, status: 'error', finished_at: event.ts, last_error }
}

function withStage(state: ClipStateData, name: StageName, log: StageLog): ClipStateData {
  return { ...state, stages: { ...state.stages, [name]: log } }
}

function withNotifier(state: ClipStateData, notifier: string, log: StageLog): ClipStateData {
  const notifications = { ...state.notifications, [notifier]: log }
  return withStage({ ...state, notifications }, 'notify', summary(Object.values(notifications)))
}

/** The notify stage is the sum of its notifiers: still running while one is, failed when one failed. */
function summary(logs: readonly StageLog[]): StageLog {
  const status = (['running', 'pending', 'error'] as const).find((wanted) => logs.some((log) => log.status === wanted)) ?? 'ok'
  const starts = logs.flatMap((log) => log.started_at ?? []).sort()
  const ends = logs.flatMap((log) => log.finished_at ?? []).sort()
  return {
    status,
    attempts: Math.max(0, ...logs.map((log) => log.attempts)),
    started_at: starts[0] ?? null,
    finished_at: status === 'ok' || status === 'error' ? (ends.at(-1) ?? null) : null,
    last_error: logs.find((log) => log.last_error !== null)?.last_error ?? null,
  }
}
