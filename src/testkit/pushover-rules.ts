/**
 * What Pushover takes, as documented at https://pushover.net/api (messages, priority, attachments, ttl) and, for `expire`,
 * https://pushover.net/api#priority: at most 10800 seconds.
 */
export type PushoverFields = ReadonlyMap<string, string>

export interface PushoverAttachment {
  readonly type: string
  readonly size: number
}

/** A parameter that is wrong, and the sentence Pushover answers with. */
export interface PushoverComplaint {
  readonly parameter: string
  readonly sentence: string
}

const SOUNDS = new Set(
  'pushover bike bugle cashregister classical cosmic falling gamelan incoming intermission magic mechanical pianobar siren spacealarm tugboat alien climb persistent echo updown vibrate none'.split(
    ' ',
  ),
)
const MOST_CHARACTERS = { message: 1024, title: 250, url: 512, url_title: 100 } as const
const PARAMETERS = new Set(
  'token user message title url url_title priority retry expire device sound timestamp ttl html monospace tags callback'.split(' '),
)
const MOST_ATTACHMENT_BYTES = 5_242_880

const charactersOf = (text: string) => Array.from(text).length

/** Null when the message keeps every rule; token, user and device are somebody else's business. */
export function checkMessage(fields: PushoverFields, attachment: PushoverAttachment | null): PushoverComplaint | null {
  const unknown = [...fields.keys()].find((name) => !PARAMETERS.has(name))
  if (unknown !== undefined) return { parameter: unknown, sentence: 'this parameter is not documented' }
  if ((fields.get('message') ?? '').trim() === '') return { parameter: 'message', sentence: 'message cannot be blank' }
  for (const [parameter, most] of Object.entries(MOST_CHARACTERS))
    if (charactersOf(fields.get(parameter) ?? '') > most)
      return { parameter, sentence: `${parameter} is too long, must be ${most} or fewer characters` }
  return checkPriority(fields) ?? checkRest(fields) ?? checkAttachment(attachment)
}

function checkPriority(fields: PushoverFields): PushoverComplaint | null {
  const priority = fields.get('priority') ?? '0'
  if (!['-2', '-1', '0', '1', '2'].includes(priority)) return { parameter: 'priority', sentence: 'priority is invalid' }
  if (priority !== '2') return null
  if (!isNumber(fields.get('retry'), 30, Infinity))
    return { parameter: 'retry', sentence: 'retry must be supplied with priority=2 and at least 30' }
  if (!isNumber(fields.get('expire'), 1, 10_800))
    return { parameter: 'expire', sentence: 'expire must be supplied with priority=2 and at most 10800' }
  return null
}

function checkRest(fields: PushoverFields): PushoverComplaint | null {
  const sound = fields.get('sound')
  if (sound !== undefined && !SOUNDS.has(sound)) return { parameter: 'sound', sentence: 'sound is invalid' }
  for (const parameter of ['timestamp', 'ttl'])
    if (fields.has(parameter) && !isNumber(fields.get(parameter), 1, 4_294_967_295))
      return { parameter, sentence: `${parameter} is invalid` }
  return null
}

function checkAttachment(attachment: PushoverAttachment | null): PushoverComplaint | null {
  if (attachment === null) return null
  if (!attachment.type.startsWith('image/')) return { parameter: 'attachment', sentence: 'attachment is not an image' }
  if (attachment.size > MOST_ATTACHMENT_BYTES) return { parameter: 'attachment', sentence: 'attachment is too large' }
  return null
}

function isNumber(text: string | undefined, least: number, most: number): boolean {
  return text !== undefined && /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most
}
