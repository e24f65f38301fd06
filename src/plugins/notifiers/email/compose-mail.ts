import { createHash } from 'node:crypto'
import type { Alert, AlertMedia, SystemAlert } from '../../../contracts/alert.ts'
import { alertText, systemAlertText, viewLink, type MessageText } from '../../../lib/alert-text.ts'
import { plainText } from '../../../lib/plain-text.ts'
import { htmlBody } from './html-body.ts'

/** One mail, whoever carries it. Sender and recipients come from the config. */
export interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** JPEG; the HTML shows it by its Content-ID, `PICTURE_ID`. */
  readonly picture: Uint8Array | null
  /** With angle brackets. The same for every try, so that mail servers can drop a duplicate. */
  readonly messageId: string
  readonly headers: Readonly<Record<string, string>>
}

export interface MailLook {
  /** What comes after the @ of a Message-ID: the sender's own domain. */
  readonly domain: string
  readonly includeThumbnail: boolean
  /** Absent: the machine's own. */
  readonly timeZone?: string
}

const MOST_SUBJECT = 150
/** Many servers take 10 MB a mail, and base64 makes a third more of it. */
const MOST_PICTURE_BYTES = 5_000_000

export function alertMail(alert: Alert, media: AlertMedia, look: MailLook): Mail {
  const message = alertText(alert, look.timeZone)
  const picture = look.includeThumbnail && media.thumbnail !== null && media.thumbnail.length <= MOST_PICTURE_BYTES ? media.thumbnail : null
  const link = viewLink(alert)
  const id = (stage: string) => messageId([alert.dedupe_key, stage], look.domain)
  const urgent = alert.stage === 'verdict' && (alert.risk_level === 'high' || alert.risk_level === 'critical')
  return {
    ...bodies(message, { link, hasPicture: picture !== null, risk: alert.stage === 'verdict' ? alert.risk_level : null }),
    picture,
    messageId: id(alert.stage),
    headers: {
      ...AUTOMATIC,
      ...(urgent ? { Importance: 'high', 'X-Priority': '1' } : {}),
      // Only if the first mail is known to have been sent: an answer to nothing looks like spam.
      ...(alert.stage === 'first' || media.replaces === null ? {} : { 'In-Reply-To': id('first'), References: id('first') }),
    },
  }
}

export function systemMail(alert: SystemAlert, look: Omit<MailLook, 'includeThumbnail'>): Mail {
  const key = ['system', alert.code, alert.camera_name ?? '', alert.clip_id ?? '', alert.ts]
  return {
    ...bodies(systemAlertText(alert, look.timeZone), { link: null, hasPicture: false, risk: null }),
    picture: null,
    messageId: messageId(key, look.domain),
    headers: AUTOMATIC,
  }
}

/** RFC 3834 and its Microsoft cousin: no answering machine shall answer. */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } as const

function bodies(message: MessageText, about: Parameters<typeof htmlBody>[1]): Pick<Mail, 'subject' | 'text' | 'html'> {
  const link = about.link === null ? [] : ['', `Watch the clip: ${about.link}`]
  return {
    subject: plainText(message.title, MOST_SUBJECT),
    text: [message.title, '', ...message.lines, ...link, ''].join('\n'),
    html: htmlBody(message, about),
  }
}

function messageId(key: readonly string[], domain: string): string {
  return `<${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32)}@${domain}>`
}
