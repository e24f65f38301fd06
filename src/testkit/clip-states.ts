import { SCHEMA_VERSION, type ClipStateData, type StageLog } from '../contracts/clip-state.ts'
import { aClip } from './builders.ts'

const PENDING: StageLog = { status: 'pending', attempts: 0, started_at: null, finished_at: null, last_error: null }

/** A clip that has just been recorded; a test names only what it is about. */
export function aClipState(changes: Partial<ClipStateData> = {}): ClipStateData {
  const clip = aClip(changes.clip_id === undefined ? {} : { clip_id: changes.clip_id })
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
    provenance: { filter_model: null, vlm_model: null, config_hash: 'test' },
    created_at: clip.start_ts,
    updated_at: clip.start_ts,
    finished_at: null,
    local_deleted_at: null,
    storage_pruned_at: null,
    deleted_at: null,
    event_seq: 1,
    ...changes,
  }
}
