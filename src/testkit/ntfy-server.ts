import type { IncomingMessage, ServerResponse } from 'node:http'
import { cutAnswer } from './cut-answer.ts'
import { listenHttp, readBody, sendJson } from './http-fake.ts'
import { readPublication, type NtfyOptions, type Refusal, type ShownNotification } from './ntfy-rules.ts'
import { Script } from './script.ts'

/** What happens to one request that is allowed, instead of an answer by the rules. */
export type NtfyFault =
  | { readonly do: 'hang' }
  | { readonly do: 'cut' }
  /** Serves the request, and loses the connection in the middle of its answer. */
  | { readonly do: 'cut_answer' }
  | { readonly do: 'refuse'; readonly status: number; readonly code?: number; readonly retryAfter?: string; readonly message?: string }

export interface ReceivedByNtfy {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<IncomingMessage['headers']>
  readonly status: number
}

export interface NtfyServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ReceivedByNtfy[]
  readonly notifications: readonly ShownNotification[]
  fail(...faults: readonly NtfyFault[]): void
  failAlways(fault: NtfyFault): void
}

const SEQUENCE = '[-_A-Za-z0-9]{1,64}'
const ROUTE = new RegExp(`^/([-_A-Za-z0-9]{1,64})(?:/(auth|${SEQUENCE}))?$`)

const NOT_FOUND = { status: 404, code: 40401, message: 'page not found' }
const UNAUTHORIZED = { status: 401, code: 40101, message: 'unauthorized' }
const FORBIDDEN = { status: 403, code: 40301, message: 'forbidden' }

type Reply = Refusal | { readonly status: 200; readonly body: object }

/**
 * A server that publishes as ntfy does (https://docs.ntfy.sh/publish/, errors and their codes as in its server/errors.go), and keeps what a
 * subscriber would see.
 */
export async function startNtfyServer(options: NtfyOptions = {}): Promise<NtfyServer> {
  const requests: ReceivedByNtfy[] = []
  const notifications: ShownNotification[] = []
  const script = new Script<NtfyFault | null>(null)
  const { sequences = true } = options

  const publish = (topic: string, headers: IncomingMessage['headers'], body: Buffer): Reply => {
    const read = readPublication(headers, body, options)
    if ('status' in read) return read
    const { sequence_id: wanted, ...content } = read
    const sequence_id = sequences && wanted !== null ? wanted : `id${requests.length}`
    const earlier = notifications.findIndex((shown) => shown.topic === topic && shown.sequence_id === sequence_id)
    const updates = (notifications[earlier]?.updates ?? -1) + 1
    notifications.splice(earlier < 0 ? notifications.length : earlier, 1, { topic, sequence_id, ...content, updates })
    return { status: 200, body: { id: `id${requests.length}`, event: 'message', topic, sequence_id } }
  }
  const remove = (topic: string, id: string): Reply => {
    const index = notifications.findIndex((shown) => shown.topic === topic && shown.sequence_id === id)
    if (index >= 0) notifications.splice(index, 1)
    return { status: 200, body: { event: 'message_delete', topic, sequence_id: id } }
  }
  const write = (topic: string, sequence: string | undefined, request: IncomingMessage, body: Buffer): Reply => {
    const isPublishing = ['PUT', 'POST'].includes(request.method ?? '') && sequence === undefined
    const isDeleting = sequences && request.method === 'DELETE' && sequence !== undefined
    if (!isPublishing && !isDeleting) return NOT_FOUND
    const refused = accessOf(request.headers, options, true)
    if (refused !== null) return refused
    return sequence === undefined ? publish(topic, request.headers, body) : remove(topic, sequence)
  }
  const route = (request: IncomingMessage, body: Buffer): Reply => {
    const [, topic, rest] = ROUTE.exec(request.url ?? '') ?? []
    if (topic === undefined) return NOT_FOUND
    if (request.method !== 'GET' || rest !== 'auth') return write(topic, rest, request, body)
    return accessOf(request.headers, options, false) ?? { status: 200, body: { success: true } }
  }
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request)
    const { method = '', url: path = '', headers } = request
    const fault = script.next()
    if (fault !== null && fault.do !== 'cut_answer') {
      requests.push({ method, path, headers, status: 0 })
      act(fault, response)
      return
    }
    const reply = route(request, body)
    requests.push({ method, path, headers, status: reply.status })
    const said = 'body' in reply ? reply.body : { code: reply.code, http: reply.status, error: reply.message }
    if (fault === null) sendJson(response, reply.status, said)
    else cutAnswer(response, reply.status, said)
  }
  const server = await listenHttp(serve)
  return {
    ...server,
    requests,
    notifications,
    fail: (...next) => script.queue(next),
    failAlways: (fault) => script.otherwise(fault),
  }
}

/** Wrong credentials are 401; an account without the right, and nobody where a right is needed, 403. */
function accessOf(headers: IncomingMessage['headers'], options: NtfyOptions, writing: boolean): Refusal | null {
  const { authorization, mayRead = true } = options
  if (authorization === undefined) return null
  if (headers.authorization === undefined) return FORBIDDEN
  if (headers.authorization !== authorization) return UNAUTHORIZED
  return writing || mayRead ? null : FORBIDDEN
}

function act(fault: Exclude<NtfyFault, { do: 'cut_answer' }>, response: ServerResponse): void {
  if (fault.do === 'hang') return
  if (fault.do === 'cut') {
    response.destroy()
    return
  }
  const { status, code = status * 100 + 1, message = 'as scripted', retryAfter } = fault
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter)
  sendJson(response, status, { code, http: status, error: message })
}
