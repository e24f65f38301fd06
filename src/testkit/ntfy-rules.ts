import type { IncomingMessage } from 'node:http'

/** What ntfy makes of a request to publish: https://docs.ntfy.sh/publish/ and parsePublishParams in its server/server.go. */

export interface NtfyOptions {
  /** The value of the Authorization header that may write; absent: everybody may. */
  readonly authorization?: string
  /** Whether that account may read too; a sender often may not. */
  readonly mayRead?: boolean
  /** No attachments unless the server has a place for them. */
  readonly attachments?: boolean
  readonly mostAttachmentBytes?: number
  /** Servers before 2.16 take a sequence ID for nothing, and have no DELETE. */
  readonly sequences?: boolean
}

/** A notification as a subscriber's phone shows it. */
export interface ShownNotification {
  readonly topic: string
  readonly sequence_id: string
  readonly title: string
  readonly message: string
  readonly priority: number
  readonly tags: readonly string[]
  readonly click: string | null
  readonly attachment: { readonly name: string; readonly bytes: Buffer } | null
  readonly updates: number
}

export interface Refusal {
  readonly status: number
  readonly code: number
  readonly message: string
}

const MOST_MESSAGE_BYTES = 4096
const KNOWN_HEADERS = ['title', 'priority', 'tags', 'click', 'filename', 'message', 'x-sequence-id', 'x-delay']
const OUR_HEADERS = ['host', 'connection', 'content-length', 'content-type', 'user-agent', 'authorization']
// Full RFC 2047 encoded words in a row, and nothing else.
const ENCODED = /^=\?utf-8\?b\?[A-Za-z0-9+/]+={0,2}\?=( =\?utf-8\?b\?[A-Za-z0-9+/]+={0,2}\?=)*$/i
const MOST_WORD = 75
const MOST_HEADER_BYTES = 8000

type Published = Omit<ShownNotification, 'topic' | 'updates' | 'sequence_id'> & { readonly sequence_id: string | null }

export function readPublication(headers: IncomingMessage['headers'], body: Buffer, options: NtfyOptions): Published | Refusal {
  const slip = slipIn(headers)
  if (slip !== null) return badRequest(40000, slip)
  const read = (name: string) => decoded(headers[name])
  const priority = Number(read('priority') || '3')
  if (!Number.isInteger(priority) || priority < 1 || priority > 5) return badRequest(40007, 'invalid priority parameter')
  if (headers['x-delay'] !== undefined) return badRequest(40004, 'invalid delay parameter: unable to parse delay')
  const sequence_id = read('x-sequence-id') || null
  if (sequence_id !== null && !/^[-_A-Za-z0-9]{1,64}$/.test(sequence_id)) return badRequest(40049, 'invalid request: sequence ID invalid')
  const content = contentOf(read('filename'), read('message'), body, options)
  if ('status' in content) return content
  const tags = read('tags')
    .split(',')
    .map((tag) => tag.trim())
  const click = read('click') || null
  return { sequence_id, title: read('title'), priority, tags: tags.filter((tag) => tag !== ''), click, ...content }
}

/** A file where a name says so or the body is too long for a message; else the body is the message. */
function contentOf(
  filename: string,
  message: string,
  body: Buffer,
  { attachments = true, mostAttachmentBytes = 2_000_000 }: NtfyOptions,
): Pick<Published, 'message' | 'attachment'> | Refusal {
  const isMessage = filename === '' && body.length <= MOST_MESSAGE_BYTES && Buffer.from(body.toString()).equals(body)
  if (isMessage) return { message: body.toString().trim() || message || 'triggered', attachment: null }
  if (!attachments) return badRequest(40014, 'invalid request: attachments not allowed')
  if (body.length > mostAttachmentBytes) return { status: 413, code: 41301, message: 'attachment too large, or bandwidth limit reached' }
  const words = message.replaceAll('\\n', '\n') || `You received a file: ${filename}`
  if (Buffer.byteLength(words) > MOST_MESSAGE_BYTES) return badRequest(40011, 'the message is too long')
  return { message: words, attachment: { name: filename, bytes: body } }
}

/** What the real server would let pass and a proxy in front of it would not, or what no server expects from us. */
function slipIn(headers: IncomingMessage['headers']): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (!KNOWN_HEADERS.includes(name) && !OUR_HEADERS.includes(name)) return `unknown header ${name}`
    const text = String(value)
    if (!/^[\x20-\x7e]*$/.test(text)) return `header ${name} is not ASCII`
    if (text.length > MOST_HEADER_BYTES) return `header ${name} is longer than common proxies take`
    if (text.startsWith('=?') && !ENCODED.test(text)) return `header ${name} is badly encoded`
    if (ENCODED.test(text) && text.split(' ').some((word) => word.length > MOST_WORD)) return `a word of header ${name} is too long`
  }
  return null
}

/** Adjacent encoded words are one text; each holds whole characters. */
function decoded(value: string | string[] | undefined): string {
  const text = String(value ?? '').trim()
  if (!ENCODED.test(text)) return text
  const words = text.split(' ').map((word) => Buffer.from(word.slice('=?utf-8?b?'.length, -2), 'base64'))
  return words.map((word) => new TextDecoder('utf-8', { fatal: true }).decode(word)).join('')
}

function badRequest(code: number, message: string): Refusal {
  return { status: 400, code, message }
}
