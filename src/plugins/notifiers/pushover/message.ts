import type { Alert, SystemAlert } from '../../../contracts/alert.ts'
import { alertText, systemAlertText, viewLink, type MessageText } from '../../../lib/alert-text.ts'
import { fitLines } from '../../../lib/fit-lines.ts'
import { plainText } from '../../../lib/plain-text.ts'
import type { Priority, PushoverConfig } from './config.ts'

/** Parameters of one message, https://pushover.net/api#messages, but for the keys and the picture. */
export type PushoverMessage = Readonly<Record<string, string>>

type Look = Pick<PushoverConfig, 'priorities' | 'emergency' | 'devices' | 'sound' | 'ttl_s'>

// Documented limits, in characters. We count UTF-16 units, which are never fewer.
const MOST_MESSAGE = 1024
const MOST_TITLE = 250
const MOST_URL = 512

const EMERGENCY = 2
const QUIET = -1
const SYSTEM_PRIORITY: Readonly<Record<SystemAlert['severity'], Priority>> = { info: -1, warning: 0, error: 0 }

export function alertMessage(alert: Alert, look: Look, timeZone?: string): PushoverMessage {
  const text = alertText(alert, timeZone)
  const link = viewLink(alert)
  const urgency = alert.stage === 'withdrawn' ? QUIET : look.priorities[alert.risk_level ?? 'unjudged']
  const about = { ...common(look, urgency), timestamp: unixSeconds(alert.start_ts), title: plainText(text.title, MOST_TITLE) }
  if (link === null) return { ...about, message: body(text) }
  if (link.length <= MOST_URL) return { ...about, message: body(text), url: link, url_title: 'Watch the clip' }
  // Signed links are long; in the text they can be tapped as well, if there is room for one.
  const room = MOST_MESSAGE - link.length - 1
  return { ...about, message: room < 200 ? body(text) : `${body(text, room)}\n${link}` }
}

export function systemMessage(alert: SystemAlert, look: Look, timeZone?: string): PushoverMessage {
  const text = systemAlertText(alert, timeZone)
  const about = { ...common(look, SYSTEM_PRIORITY[alert.severity]), timestamp: unixSeconds(alert.ts) }
  return { ...about, title: plainText(text.title, MOST_TITLE), message: body(text) }
}

function body({ lines }: MessageText, most = MOST_MESSAGE): string {
  return fitLines(lines, most).join('\n')
}

function common({ emergency, devices, sound, ttl_s }: Look, urgency: Priority): PushoverMessage {
  return {
    priority: String(urgency),
    ...(urgency === EMERGENCY ? { retry: String(emergency.retry_s), expire: String(emergency.expire_s) } : {}),
    ...(devices.length === 0 ? {} : { device: devices.join(',') }),
    ...(sound === undefined ? {} : { sound }),
    // Pushover ignores it for emergencies.
    ...(ttl_s === undefined || urgency === EMERGENCY ? {} : { ttl: String(ttl_s) }),
  }
}

function unixSeconds(timestamp: string): string {
  return String(Math.floor(Date.parse(timestamp) / 1000))
}
