import type { Alert, SystemAlert } from '../../../contracts/alert.ts'
import { messageLines } from '../../../lib/alert-text.ts'
import { plainText } from '../../../lib/plain-text.ts'

/** How alerts look; `timeZone` absent means the machine's own. */
export interface AlertLook {
  readonly colour: boolean
  readonly timeZone?: string
}

const RISK_COLOUR = { low: 32, medium: 33, high: 31, critical: 35 } as const
const SEVERITY_COLOUR = { info: 36, warning: 33, error: 31 } as const

/** A terminal cannot take back what it showed, so each line says what it is worth. */
const HEAD = { first: 'ALERT, not judged yet:', verdict: 'ALERT', withdrawn: 'NO ALERT after all:' } as const

/** Three to six lines for a person. Everything that came from a camera or a model is made harmless first. */
export function formatAlert(alert: Alert, look: AlertLook): string {
  const risk = alert.risk_level ?? 'unknown'
  const activity = alert.activity_type === null ? '' : ` · ${plainText(alert.activity_type, 64)}`
  const head = `${HEAD[alert.stage]} ${plainText(alert.camera_name, 64)} · risk ${risk}${activity}`
  return [
    paint(head, alert.risk_level === null ? null : RISK_COLOUR[alert.risk_level], look),
    `  what:    ${whatHappened(alert)}`,
    `  why:     ${plainText(alert.notify_reason)}`,
    `  when:    ${localTime(alert.start_ts, look)} (${Math.round(alert.duration_s)} s)`,
    `  clip:    ${whereToLook(alert)}`,
    ...(alert.thumbnail_uri === null ? [] : [`  picture: ${plainText(alert.thumbnail_uri, 1000)}`]),
  ].join('\n')
}

export function formatSystemAlert(alert: SystemAlert, look: AlertLook): string {
  const about = alert.camera_name === null ? '' : ` · ${plainText(alert.camera_name, 64)}`
  return [
    paint(`SYSTEM ${alert.severity}${about} · ${alert.code}`, SEVERITY_COLOUR[alert.severity], look),
    `  what:    ${messageLines(alert).join('\n           ')}`,
    `  when:    ${localTime(alert.ts, look)}`,
  ].join('\n')
}

function whatHappened(alert: Alert): string {
  if (alert.summary !== null) return plainText(alert.summary, 600)
  const seen = plainText(alert.detected_classes.join(', '))
  return seen === '' ? 'motion' : `${seen} (confidence ${alert.confidence.toFixed(2)})`
}

function whereToLook(alert: Alert): string {
  if (alert.view_url !== null) return plainText(alert.view_url, 1000)
  if (alert.upload_failed) return `${plainText(alert.clip_id)} (upload failed, it is kept here and tried again)`
  if (alert.upload_pending) return `${plainText(alert.clip_id)} (still uploading)`
  return plainText(alert.storage_uri ?? alert.clip_id, 1000)
}

function localTime(timestamp: string, { timeZone }: AlertLook): string {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    ...(timeZone === undefined ? {} : { timeZone }),
  })
  return format.format(new Date(timestamp))
}

function paint(text: string, colour: number | null, look: AlertLook): string {
  return look.colour && colour !== null ? `\u001b[1;${colour}m${text}\u001b[0m` : text
}
