/**
 * What Telegram's Bot API refuses, as documented at https://core.telegram.org/bots/api (limits of sendMessage, sendPhoto, editMessage…,
 * MessageEntity, InlineKeyboardButton), with the descriptions that https://github.com/TelegramBotAPI/errors collects.
 */

export interface BotRequest {
  readonly method: string
  /** Fields as a JSON body would have them. */
  readonly params: Readonly<Record<string, unknown>>
  readonly photo: Uint8Array | null
}

const MOST_TEXT = 4096
const MOST_CAPTION = 1024
const MOST_PHOTO_BYTES = 10 * 1024 * 1024

const SENDING = ['message_thread_id', 'disable_notification']
const SHOWING = ['chat_id', 'reply_markup']
// prettier-ignore
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  getMe: [],
  getChat: ['chat_id'],
  sendMessage: [...SHOWING, ...SENDING, 'text', 'entities', 'link_preview_options'],
  sendPhoto: [...SHOWING, ...SENDING, 'caption', 'caption_entities'],
  editMessageText: [...SHOWING, 'message_id', 'text', 'entities', 'link_preview_options'],
  editMessageCaption: [...SHOWING, 'message_id', 'caption', 'caption_entities'],
  deleteMessage: ['chat_id', 'message_id'],
}

/** Why a request is refused with status 400, or null. The real service ignores a parameter it does not know; here it is a slip of ours. */
export function complaintAbout({ method, params, photo }: BotRequest): string | null {
  const known = PARAMS[method]
  if (known === undefined) return 'method not found'
  const unknown = Object.keys(params).find((name) => !known.includes(name))
  if (unknown !== undefined) return `unknown parameter ${unknown}`
  if (known.includes('chat_id') && !/^(-?\d+|@\w+)$/.test(String(params['chat_id']))) return 'chat_id is empty'
  if (known.includes('message_id') && !Number.isInteger(params['message_id'])) return 'message identifier is not specified'
  return aboutPhoto(method, photo) ?? aboutText(params) ?? aboutButtons(params['reply_markup'])
}

function aboutPhoto(method: string, photo: Uint8Array | null): string | null {
  if (method !== 'sendPhoto') return photo === null ? null : 'a file for a method that takes none'
  if (photo === null) return 'there is no photo in the request'
  if (photo.length > MOST_PHOTO_BYTES) {
    return `file of size ${photo.length} bytes is too big for a photo; the maximum size is ${MOST_PHOTO_BYTES} bytes`
  }
  return Buffer.from(photo.subarray(0, 2)).toString('hex') === 'ffd8' ? null : 'IMAGE_PROCESS_FAILED'
}

function aboutText(params: BotRequest['params']): string | null {
  if ('text' in params) return aboutWords(params['text'], params['entities'], MOST_TEXT, 'message')
  return 'caption' in params ? aboutWords(params['caption'], params['caption_entities'], MOST_CAPTION, 'message caption') : null
}

function aboutWords(text: unknown, entities: unknown, most: number, what: string): string | null {
  if (typeof text !== 'string' || text.trim() === '') return 'message text is empty'
  if (text.length > most) return `${what} is too long`
  if (entities === undefined) return null
  if (!Array.isArray(entities)) return "can't parse entities: an array is expected"
  return entities.every((entity) => isWithin(entity, text.length)) ? null : 'ENTITY_BOUNDS_INVALID'
}

function isWithin(entity: unknown, length: number): boolean {
  if (!isFields(entity)) return false
  const { type, offset, length: size } = entity
  if (type !== 'bold' && type !== 'italic') return false
  return (
    Number.isInteger(offset) && Number.isInteger(size) && Number(offset) >= 0 && Number(size) > 0 && Number(offset) + Number(size) <= length
  )
}

function aboutButtons(markup: unknown): string | null {
  if (markup === undefined) return null
  const rows = isFields(markup) ? markup['inline_keyboard'] : undefined
  if (!Array.isArray(rows)) return "can't parse reply keyboard markup JSON object"
  for (const button of rows.flat()) {
    if (!isFields(button) || typeof button['text'] !== 'string' || typeof button['url'] !== 'string') return 'text buttons are unallowed'
    if (!isButtonUrl(button['url'])) return `inline keyboard button URL '${button['url']}' is invalid: Wrong HTTP URL`
  }
  return null
}

/** A bare host name such as `localhost` is refused: https://github.com/rubenlagus/TelegramBots/issues/302 */
function isButtonUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return (protocol === 'http:' || protocol === 'https:') && (hostname.includes('.') || hostname.startsWith('['))
}

export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
