import { createHash } from 'node:crypto'
import type { Alert, SystemAlert } from '../../../contracts/alert.ts'
import { alertText, systemAlertText, viewLink, type MessageText } from '../../../lib/alert-text.ts'
import { bytesOf, fitLines } from '../../../lib/fit-lines.ts'
import type { NtfyConfig } from './config.ts'
import { headerText } from './header-text.ts'

/** A request to publish, without the server and the credentials. */
export interface Publication {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

const MOST_MESSAGE_BYTES = 4096
/** In a header the message is a third longer, and proxies in front of a server take about 8 KB. */
const MOST_HEADER_MESSAGE_BYTES = 2048
const MOST_TITLE_BYTES = 250

const TAG_OF_RISK = { low: 'information_source', medium: 'bell', high: 'warning', critical: 'rotating_light' } as const
const TAG_UNJUDGED = 'eyes'
const OF_SEVERITY = { info: [2, 'gear'], warning: [3, 'warning'], error: [4, 'warning'] } as const

/**
 * With a picture that is the body, and the words are in headers; without one the words are the body. The sequence ID makes phones replace what
 * they show of the same event: the second stage, and one that was sent twice.
 */
export function alertPublication(alert: Alert, picture: Uint8Array | null, config: Pick<NtfyConfig, 'priority' | 'tags'>): Publication {
  const { risk_level } = alert
  const link = viewLink(alert)
  const tags = [risk_level === null ? TAG_UNJUDGED : TAG_OF_RISK[risk_level], ...config.tags]
  const headers = {
    priority: String(config.priority[risk_level ?? 'unknown']),
    tags: tags.join(','),
    'x-sequence-id': sequenceId(alert),
    // What `URL` writes is ASCII.
    ...(link === null ? {} : { click: link }),
  }
  return withWords(alertText(alert), picture, headers)
}

export function systemPublication(alert: SystemAlert, config: Pick<NtfyConfig, 'tags'>): Publication {
  const [priority, tag] = OF_SEVERITY[alert.severity]
  return withWords(systemAlertText(alert), null, { priority: String(priority), tags: [tag, ...config.tags].join(',') })
}

/** The same for all stages of an event; a key itself may be too long for one, or have characters that it cannot. */
export function sequenceId({ dedupe_key }: Pick<Alert, 'dedupe_key'>): string {
  return createHash('sha256').update(dedupe_key).digest('hex').slice(0, 32)
}

function withWords({ title, lines }: MessageText, picture: Uint8Array | null, headers: Readonly<Record<string, string>>): Publication {
  const most = picture === null ? MOST_MESSAGE_BYTES : MOST_HEADER_MESSAGE_BYTES
  const message = fitLines(lines, most, bytesOf).join('\n')
  const titled = { ...headers, title: headerText(fitLines([title], MOST_TITLE_BYTES, bytesOf).join('')) }
  if (picture === null) return { headers: titled, body: message }
  return { headers: { ...titled, message: headerText(message), filename: 'alert.jpg' }, body: picture }
}
