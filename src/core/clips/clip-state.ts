import type { Clip } from '../../contracts/clip.ts'
import type { ClipEvent } from '../../contracts/clip-events.ts'
import { SCHEMA_VERSION, type ClipStateData, type ClipStatus, type StageLog } from '../../contracts/clip-state.ts'
import { unreachable } from '../../contracts/result.ts'
import type { StageName } from '../../contracts/stages.ts'
import { NOTHING_STORED, withCopy, withoutCopy } from './clip-copies.ts'
import { reduceNotification, type NotificationEvent } from './notification-state.ts'
import { failed, PENDING, skippedFor, started, succeeded } from './stage-log.ts'

/** What is left of a deleted clip is that there was one. */
const NOTHING_KNOWN = {
  original_name: null,
  motion_scores: null,
  filter_result: null,
  analysis_result: null,
  vlm_usage: null,
  thumbnail_failure: null,
} as const

/** The state after one more event. Pure; an event other than `clip_recorded` on no state is a bug and yields null. */
export function applyEvent(state: ClipStateData | null, event: ClipEvent): ClipStateData | null {
  if (event.event_type === 'clip_recorded') return newState(event.clip, event.config_hash, event)
  if (state === null) return null
  // Always wins: nothing that was still under way brings a deleted clip back.
  if (state.deleted_at !== null && event.event_type !== 'clip_deleted') return stamped(withLateObjects(state, event), event)
  const next = stamped(reduce(state, event), event)
  return { ...next, status: deriveStatus(next) }
}

/** What reaches the storage or a notifier after the deletion is remembered, because it has to be deleted there too, or taken back. */
function withLateObjects(state: ClipStateData, event: ClipEvent): ClipStateData {
  if ('alert_stage' in event && event.alert_stage !== 'verdict') return reduceNotification(state, event)
  if (event.event_type === 'upload_completed') return { ...state, storage_uri: event.storage_uri }
  if (event.event_type === 'upload_copied') return withCopy(state, event)
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
    case 'upload_copied':
      return withCopy(state, event)
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
      return withStage(state, 'vlm', skippedFor(state.stages.vlm, event, event.reason))
    default:
      return isNotification(event) ? reduceNotification(state, event) : reduceOutcome(state, event)
  }
}

function isNotification(event: ClipEvent): event is NotificationEvent {
  return event.event_type.startsWith('notification_')
}

type OutcomeEvent = Extract<ClipEvent, { event_type: `artifacts_${string}` | `thumbnail_${string}` | `alert_${string}` | Ending }>
type Ending = 'clip_finished' | 'clip_pruned' | 'storage_pruned' | 'clip_deleted'

function reduceOutcome(state: ClipStateData, event: OutcomeEvent): ClipStateData {
  switch (event.event_type) {
    case 'artifacts_stored':
      return {
        ...state,
        thumbnail_uri: event.thumbnail_uri ?? state.thumbnail_uri,
        thumbnail_failure: event.thumbnail_uri === null ? state.thumbnail_failure : null,
        analysis_uri: event.analysis_uri ?? state.analysis_uri,
      }
    case 'thumbnail_failed': {
      const { attempt, error, will_retry } = event
      return {
        ...state,
        thumbnail_failure: { attempts: attempt, last_error: `${error.kind}: ${error.message}`, given_up: !will_retry },
      }
    }
    case 'alert_decision_made':
      return { ...state, alert_decision: event.alert_decision }
    case 'clip_finished':
      return { ...state, finished_at: event.ts }
    case 'clip_pruned':
      return { ...state, local_deleted_at: event.ts }
    case 'storage_pruned':
      return withoutCopy(state, event)
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
    first_alerts: {},
    storage_uri: null,
    view_url: null,
    copies: {},
    thumbnail_uri: null,
    thumbnail_failure: null,
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
    storage_pruned_at: null,
    deleted_at: null,
    event_seq: event.seq,
  }
}

function stamped(state: ClipStateData, event: ClipEvent): ClipStateData {
  return { ...state, updated_at: event.ts, event_seq: event.seq }
}

function withStage(state: ClipStateData, name: StageName, log: StageLog): ClipStateData {
  return { ...state, stages: { ...state.stages, [name]: log } }
}
