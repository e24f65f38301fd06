import type { Alert, SystemAlert } from '../../../contracts/alert.ts'
import { alertText, systemAlertText, viewLink } from '../../../lib/alert-text.ts'
import { plainText } from '../../../lib/plain-text.ts'
import type { TemplateValue } from './template.ts'

/** `title` and `text` say it in words; `urgency` is 1 to 10; `thumbnail` is base64. The others are the fields of the alert. */
// prettier-ignore
export const ALERT_NAMES = [
  'title', 'text', 'urgency', 'thumbnail', 'stage', 'camera_name', 'risk_level', 'activity_type', 'summary', 'notify_reason', 'view_url',
  'detected_classes', 'confidence', 'start_ts', 'duration_s', 'ts', 'clip_id', 'dedupe_key', 'storage_uri', 'thumbnail_uri',
  'upload_pending', 'upload_failed', 'vlm_failed',
] as const
export const SYSTEM_NAMES = ['title', 'text', 'urgency', 'code', 'severity', 'message', 'camera_name', 'clip_id', 'ts'] as const

type Values<Name extends string> = Readonly<Record<Name, TemplateValue>>

const MOST_TEXT = 2000
const URGENCY_OF_RISK = { low: 3, medium: 5, high: 8, critical: 10 } as const
const URGENCY_OF_SEVERITY = { info: 3, warning: 5, error: 8 } as const

export function alertValues(alert: Alert, thumbnail: string | null): Values<(typeof ALERT_NAMES)[number]> {
  const { title, lines } = alertText(alert)
  return {
    ...alert,
    activity_type: oneLine(alert.activity_type),
    summary: oneLine(alert.summary),
    notify_reason: oneLine(alert.notify_reason),
    detected_classes: alert.detected_classes.map((name) => plainText(name, 64)),
    view_url: viewLink(alert),
    title,
    text: lines.join('\n'),
    urgency: urgencyOf(alert),
    thumbnail,
  }
}

export function systemValues(alert: SystemAlert): Values<(typeof SYSTEM_NAMES)[number]> {
  const { title, lines } = systemAlertText(alert)
  const urgency = URGENCY_OF_SEVERITY[alert.severity]
  return { ...alert, message: oneLine(alert.message), title, text: lines.join('\n'), urgency }
}

function urgencyOf({ stage, risk_level }: Alert): number {
  if (stage === 'withdrawn') return 1
  return risk_level === null ? URGENCY_OF_RISK.medium : URGENCY_OF_RISK[risk_level]
}

/** Words from cameras and models: harmless also where the body is plain text. */
function oneLine(text: string | null): string | null {
  return text === null ? null : plainText(text, MOST_TEXT)
}
