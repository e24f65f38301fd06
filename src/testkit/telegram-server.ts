import type { IncomingMessage, ServerResponse } from 'node:http'
import { cutAnswer } from './cut-answer.ts'
import { listenHttp, parseJson, readBody, sendJson } from './http-fake.ts'
import { readForm } from './read-form.ts'
import { Script } from './script.ts'
import { TelegramChats, type ChatState, type ShownMessage } from './telegram-chats.ts'
import { complaintAbout, isFields, type BotRequest } from './telegram-rules.ts'

/** What happens to one request that carries the right token, instead of an answer by the rules. */
export type TelegramFault =
  | { readonly do: 'hang' }
  | { readonly do: 'cut' }
  /** Serves the request, and loses the connection in the middle of its answer. */
  | { readonly do: 'cut_answer' }
  | { readonly do: 'refuse'; readonly status: number; readonly description?: string; readonly retryAfter?: number }
  /** Not the Bot API's JSON, as a proxy in between answers. */
  | { readonly do: 'raw'; readonly status: number; readonly body: string }

export interface TelegramServer extends AsyncDisposable {
  /** For `api_url`. */
  readonly url: string
  /** Requests that were understood, in order of arrival, refused ones too. */
  readonly requests: readonly BotRequest[]
  /** What the chats show now. */
  readonly messages: readonly ShownMessage[]
  setChat(id: string, state: ChatState): void
  /** Ages all messages past the 48 hours in which a bot may delete them. */
  ageMessages(): void
  fail(...faults: readonly TelegramFault[]): void
  failAlways(fault: TelegramFault): void
}

/** A server that speaks the Bot API for one bot, on a free port of this machine. */
export async function startTelegramServer(token: string, chats: Readonly<Record<string, ChatState>>): Promise<TelegramServer> {
  const requests: BotRequest[] = []
  const script = new Script<TelegramFault | null>(null)
  const state = new TelegramChats(chats)

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const [, given = '', method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? []
    const parsed = parseRequest(method, request.headers['content-type'] ?? '', await readBody(request))
    // A real server answers so to a token of the wrong shape, and so to one that was revoked.
    if (!/^\d+:[\w-]{3,}$/.test(given)) refuse(response, 404, 'Not Found')
    else if (given !== token) refuse(response, 401, 'Unauthorized')
    else if (parsed === null) refuse(response, 400, 'Bad Request: the request cannot be parsed')
    else take(parsed, response)
  }
  const take = (request: BotRequest, response: ServerResponse) => {
    requests.push(request)
    const fault = script.next()
    if (fault === null || fault.do === 'cut_answer') {
      const { status, body } = replyTo(request, state)
      if (fault === null) sendJson(response, status, body)
      else cutAnswer(response, status, body)
    } else act(fault, response)
  }
  const server = await listenHttp(serve)
  return {
    ...server,
    requests,
    messages: state.messages,
    setChat: (id, chat) => state.set(id, chat),
    ageMessages: () => state.age(),
    fail: (...next) => script.queue(next),
    failAlways: (fault) => script.otherwise(fault),
  }
}

function replyTo(request: BotRequest, chats: TelegramChats): { readonly status: number; readonly body: object } {
  const complaint = complaintAbout(request)
  if (complaint !== null) return { status: 400, body: { ok: false, error_code: 400, description: `Bad Request: ${complaint}` } }
  const served = chats.serve(request)
  if ('result' in served) return { status: 200, body: { ok: true, result: served.result } }
  return { status: served.error_code, body: { ok: false, ...served } }
}

function act(fault: Exclude<TelegramFault, { do: 'cut_answer' }>, response: ServerResponse): void {
  switch (fault.do) {
    case 'hang':
      return
    case 'cut':
      response.destroy()
      return
    case 'raw':
      response.writeHead(fault.status, { 'content-type': 'text/html' }).end(fault.body)
      return
    case 'refuse': {
      const parameters = fault.retryAfter === undefined ? {} : { parameters: { retry_after: fault.retryAfter } }
      const { status, description = 'As scripted.' } = fault
      sendJson(response, status, { ok: false, error_code: status, description, ...parameters })
    }
  }
}

function parseRequest(method: string, contentType: string, body: Buffer): BotRequest | null {
  if (body.length === 0) return { method, params: {}, photo: null }
  if (contentType.startsWith('application/json')) {
    const params = parseJson(body)
    return isFields(params) ? { method, params, photo: null } : null
  }
  return contentType.startsWith('multipart/form-data') ? parseForm(method, contentType, body) : null
}

/** In a form every value is text: lists and objects as JSON, numbers and booleans as they are written. */
function parseForm(method: string, contentType: string, body: Buffer): BotRequest | null {
  const parts = readForm(contentType, body)
  if (parts === null) return null
  const params: Record<string, unknown> = {}
  let photo: Uint8Array | null = null
  for (const { name, fileName, content } of parts) {
    const value = content.toString()
    if (fileName !== null) photo = content
    else params[name] = name === 'caption' || name === 'chat_id' ? value : (parseJson(value) ?? value)
  }
  return { method, params, photo }
}

function refuse(response: ServerResponse, status: number, description: string): void {
  sendJson(response, status, { ok: false, error_code: status, description })
}
