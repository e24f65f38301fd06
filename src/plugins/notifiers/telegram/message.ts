import { createHash } from 'node:crypto'
import type { MessageText } from '../../../lib/alert-text.ts'
import { fitLines } from '../../../lib/fit-lines.ts'
import type { Params } from './bot-api.ts'

export const MOST_PHOTO_BYTES = 10 * 1024 * 1024
const MOST_TEXT = 4096
const MOST_CAPTION = 1024
/** A link that leaves less than this for the words is left out: an alert that says nothing, or is refused, is worse than one without. */
const LEAST_WORDS = 200

export type MessageKind = 'text' | 'photo'

/**
 * The words of a message as parameters. Marked up by entities, not by HTML: nothing in the text is parsed, so there is nothing to escape and
 * the limits count what is shown.
 * @param link goes into a button, or into the text where Telegram does not take it for one (a host name without a dot) and it leaves room for the words.
 */
export function messageParams(text: MessageText, kind: MessageKind, link: string | null, asButton: boolean): Params {
  const most = kind === 'photo' ? MOST_CAPTION : MOST_TEXT
  const isInText = link !== null && !asButton && link.length + 1 + LEAST_WORDS <= most
  const inText = isInText ? [link] : []
  const room = isInText ? most - link.length - 1 : most
  const lines = fitLines([text.title, ...text.lines], room)
  const title = lines[0] ?? ''
  const entities = title === '' ? [] : [{ type: 'bold', offset: 0, length: title.length }]
  const words = [...lines, ...inText].join('\n')
  const keyboard = link !== null && asButton ? { reply_markup: { inline_keyboard: [[{ text: 'View clip', url: link }]] } } : {}
  if (kind === 'photo') return { caption: words, caption_entities: entities, ...keyboard }
  // A preview would have Telegram's servers fetch whatever address a text from a camera names.
  return { text: words, entities, link_preview_options: { is_disabled: true }, ...keyboard }
}

/** Our name of a message that was delivered: enough to edit or delete it later. */
export interface Receipt {
  readonly kind: MessageKind
  readonly message_id: number
}

/** Numbers of messages are those of their chat, so the receipt names it too; by a short hash, since the chat may be kept out of the config. */
export function formatReceipt({ kind, message_id }: Receipt, chat: string): string {
  return `${kind}:${message_id}:${nameOf(chat)}`
}

/** Null for none, for one that is not ours, and for a message in another chat, where its number is that of some other message. */
export function parseReceipt(receipt: string | null, chat: string): Receipt | null {
  const [, kind, id, where] = /^(text|photo):(\d{1,15}):([0-9a-f]{12})$/.exec(receipt ?? '') ?? []
  if (kind === undefined || id === undefined || where !== nameOf(chat)) return null
  return { kind: kind === 'photo' ? 'photo' : 'text', message_id: Number(id) }
}

function nameOf(chat: string): string {
  return createHash('sha256').update(chat).digest('hex').slice(0, 12)
}
