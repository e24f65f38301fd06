import type { Alert, AlertStage } from '../../contracts/alert.ts'
import { firstCopy, type ClipStateData } from '../../contracts/clip-state.ts'
import { unverifiedBecause } from '../clips/first-alert-state.ts'

/** What the household is told, from what is known of the clip by now. Pure. */
export function buildAlert(state: ClipStateData, now: Date, stage: AlertStage = 'verdict'): Alert {
  const { filter_result, stages } = state
  const stored = state.storage_uri === null ? firstCopy(state.copies) : state
  return {
    clip_id: state.clip_id,
    camera_name: state.camera_name,
    storage_uri: stored?.storage_uri ?? null,
    view_url: stored?.view_url ?? null,
    notify_reason: reasonFor(stage, state),
    ...judgement(state),
    ts: now.toISOString(),
    dedupe_key: state.clip_id,
    upload_failed: stages.upload.status === 'error',
    upload_pending: state.storage_uri === null && stages.upload.status !== 'error',
    vlm_failed: stages.vlm.status === 'error',
    start_ts: state.start_ts,
    duration_s: state.duration_s,
    detected_classes: filter_result === null ? [] : [...filter_result.detected_classes],
    confidence: filter_result?.confidence ?? 0,
    thumbnail_uri: state.thumbnail_uri,
    stage,
  }
}

function reasonFor(stage: AlertStage, state: ClipStateData): string {
  const { deleted_at, filter_result, alert_decision } = state
  if (stage === 'first') return `detected_class=${filter_result?.detected_classes[0] ?? 'unknown'}`
  if (stage === 'withdrawn' && deleted_at !== null) return 'clip_deleted'
  return unverifiedBecause(state) ?? alert_decision?.notify_reason ?? 'unknown'
}

function judgement({ analysis_result }: ClipStateData): Pick<Alert, 'risk_level' | 'activity_type' | 'summary'> {
  if (analysis_result === null) return { risk_level: null, activity_type: null, summary: null }
  const { risk_level, activity_type, summary } = analysis_result
  return { risk_level, activity_type, summary }
}
