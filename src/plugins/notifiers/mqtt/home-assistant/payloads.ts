import type { Alert, AlertMedia } from '../../../../contracts/alert.ts'
import { RISK_LEVELS } from '../../../../contracts/analysis.ts'
import type { ClipStateData } from '../../../../contracts/clip-state.ts'

/** `unverified`: nobody has judged it, or not yet. `withdrawn`: the verdict on an earlier one is that it did not matter. */
export const EVENT_TYPES = [...RISK_LEVELS, 'unverified', 'withdrawn'] as const
export type AlertEventType = (typeof EVENT_TYPES)[number]

export const NO_RISK = 'none'

/** An alert as Home Assistant's event entity takes it: `event_type`, and the rest as attributes. Pure. */
export function alertEvent(alert: Alert, { thumbnail, replaces }: Pick<AlertMedia, 'thumbnail' | 'replaces'>) {
  const event_type: AlertEventType = alert.stage === 'withdrawn' ? 'withdrawn' : (alert.risk_level ?? 'unverified')
  return {
    event_type,
    stage: alert.stage,
    /** The same for all stages of one event: a notification with the same tag replaces the one before. */
    tag: `homesec-${alert.dedupe_key}`,
    /** Something was told under this tag before: no need to ring again. */
    replaces: replaces !== null,
    /** The image entity shows this alert. */
    has_picture: thumbnail !== null,
    clip_id: alert.clip_id,
    camera_name: alert.camera_name,
    summary: alert.summary ?? seenInWords(alert),
    risk_level: alert.risk_level ?? NO_RISK,
    activity_type: alert.activity_type ?? 'unknown',
    detected_classes: alert.detected_classes,
    reason: alert.notify_reason,
    view_url: alert.view_url,
    start_ts: alert.start_ts,
    duration_s: alert.duration_s,
  }
}

/** The last clip that was decided on, whether or not anybody was told. Pure. */
export function lastClip({ clip_id, start_ts, analysis_result, filter_result, alert_decision }: ClipStateData) {
  const detected_classes = filter_result?.detected_classes ?? []
  return { clip_id, start_ts, ...judged(analysis_result, detected_classes), detected_classes, ...decided(alert_decision) }
}

function judged(analysis: ClipStateData['analysis_result'], detected_classes: readonly string[]) {
  if (analysis === null) return { summary: seenInWords({ detected_classes }), risk_level: NO_RISK, activity_type: 'unknown' }
  const { summary, risk_level, activity_type } = analysis
  return { summary, risk_level, activity_type }
}

function decided(decision: ClipStateData['alert_decision']) {
  return { alerted: decision?.notify ?? false, reason: decision?.notify_reason ?? '' }
}

/** Whether a person was detected. Pure. */
export function showsPerson({ filter_result }: Pick<ClipStateData, 'filter_result'>): boolean {
  return filter_result?.detected_classes.includes('person') ?? false
}

function seenInWords({ detected_classes }: { readonly detected_classes: readonly string[] }): string {
  return detected_classes.length === 0 ? 'Motion' : `Seen: ${detected_classes.join(', ')}`
}
