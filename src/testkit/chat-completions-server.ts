import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anAnalysis } from './builders.ts'
import { checkChatRequest, countImages, isFields, textOf, type ServerLimits } from './chat-completions-rules.ts'

/** How the server treats one good request. A request that breaks the wire format is refused before any of this. */
export type ChatBehaviour =
  | {
      readonly do: 'answer'
      readonly analysis?: Readonly<Record<string, unknown>>
      readonly usage?: { prompt_tokens: number; completion_tokens: number } | null
    }
  /** Takes the request and never answers. */
  | { readonly do: 'hang' }
  /** Closes the connection, `midway` after half of a good answer. */
  | { readonly do: 'cut'; readonly midway?: boolean }
  | { readonly do: 'status'; readonly status: number; readonly retryAfter?: string; readonly message?: string; readonly location?: string }
  | { readonly do: 'prose'; readonly text?: string }
  /** JSON, but against the schema. */
  | { readonly do: 'off_schema' }
  | { readonly do: 'refuse' }
  /** Any reply, as a broken or unusual server sends it. */
  | { readonly do: 'raw'; readonly body: unknown; readonly contentType?: string }

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<IncomingMessage['headers']>
  readonly body: unknown
  readonly images: number
  /** All text of its messages. */
  readonly text: string
  /** Why it was refused; null when it kept the wire format. */
  readonly complaint: string | null
}

export interface ChatCompletionsServer extends AsyncDisposable {
  /** For `base_url`. */
  readonly url: string
  /** Chat requests in order of arrival, refused ones too. */
  readonly requests: readonly ReceivedRequest[]
  /** What happens to the next good requests, one each. */
  behave(...next: readonly ChatBehaviour[]): void
  /** What happens to all others. At first: an answer that fits. */
  otherwise(behaviour: ChatBehaviour): void
  /** Resolves with the next request that comes in. */
  nextRequest(): Promise<ReceivedRequest>
}

export interface ChatServerOptions extends Partial<ServerLimits> {
  /** The bearer it insists on; null: it lets everyone in. */
  readonly apiKey?: string | null
  /** Status of `GET /models`. */
  readonly modelsStatus?: number
}

const MAX_BODY_BYTES = 64 * 1024 * 1024

/** A server that speaks the chat-completions wire format on a free port, and refuses requests that break it. */
export async function startChatCompletionsServer(options: ChatServerOptions = {}): Promise<ChatCompletionsServer> {
  const apiKey = options.apiKey === undefined ? 'sk-test' : options.apiKey
  const limits: ServerLimits = {
    responseFormats: options.responseFormats ?? ['text', 'json_object', 'json_schema'],
    reasoningModel: options.reasoningModel ?? false,
  }
  const requests: ReceivedRequest[] = []
  const queued: ChatBehaviour[] = []
  let waiting: Array<(request: ReceivedRequest) => void> = []
  let fallback: ChatBehaviour = { do: 'answer' }

  const serveChat = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readJson(request)
    const complaint = checkChatRequest(body, limits)
    const { method = '', url = '', headers } = request
    const received = {
      method,
      path: url,
      headers,
      body,
      images: countImages(body),
      text: textOf(body),
      complaint: complaint?.message ?? null,
    }
    requests.push(received)
    waiting.forEach((tell) => tell(received))
    waiting = []
    if (complaint !== null) sendError(response, 400, complaint.message, { param: complaint.param })
    else await act(queued.shift() ?? fallback, body, response)
  }

  const server = createServer((request, response) => {
    const allowed = apiKey === null || request.headers.authorization === `Bearer ${apiKey}`
    const path = new URL(request.url ?? '/', 'http://server').pathname
    // A real server names the key it got, which is why nobody may show its words.
    if (!allowed) sendError(response, 401, `Incorrect API key provided: ${request.headers.authorization ?? 'none'}`)
    else if (path === '/v1/models' && request.method === 'GET') sendModels(response, options.modelsStatus ?? 200)
    else if (path === '/v1/chat/completions' && request.method === 'POST') void serveChat(request, response)
    else sendError(response, 404, `Unknown request URL: ${request.method ?? ''} ${path}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one

  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    behave: (...next) => void queued.push(...next),
    otherwise: (behaviour) => {
      fallback = behaviour
    },
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function act(behaviour: ChatBehaviour, body: unknown, response: ServerResponse): Promise<void> {
  switch (behaviour.do) {
    case 'answer':
      sendCompletion(response, body, { content: JSON.stringify(behaviour.analysis ?? fittingAnalysis(body)) }, behaviour.usage)
      return
    case 'hang':
      return
    case 'cut':
      await cut(response, behaviour.midway ?? false)
      return
    case 'status': {
      const headers: Record<string, string> = {}
      if (behaviour.retryAfter !== undefined) headers['retry-after'] = behaviour.retryAfter
      if (behaviour.location !== undefined) headers['location'] = behaviour.location
      sendError(response, behaviour.status, behaviour.message ?? 'As scripted.', { headers })
      return
    }
    case 'prose':
      sendCompletion(response, body, { content: behaviour.text ?? 'I see a person who walks up to the door and waits.' })
      return
    case 'off_schema':
      sendCompletion(response, body, { content: JSON.stringify({ risk_level: 3, activity_type: 'moonwalk', notes: 'none' }) })
      return
    case 'refuse':
      sendCompletion(response, body, { content: null, refusal: "I'm sorry, I cannot help with that." })
      return
    case 'raw':
      response.writeHead(200, { 'content-type': behaviour.contentType ?? 'application/json' })
      response.end(typeof behaviour.body === 'string' ? behaviour.body : JSON.stringify(behaviour.body))
  }
}

async function cut(response: ServerResponse, midway: boolean): Promise<void> {
  if (midway) {
    response.writeHead(200, { 'content-type': 'application/json' })
    await new Promise((resolve) => response.write('{"id":"chatcmpl-1","choices":[', resolve))
  }
  response.destroy()
}

function sendCompletion(
  response: ServerResponse,
  body: unknown,
  message: Readonly<Record<string, unknown>>,
  usage: { prompt_tokens: number; completion_tokens: number } | null = { prompt_tokens: 1000, completion_tokens: 100 },
): void {
  sendJson(response, 200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1767225600,
    model: isFields(body) ? body['model'] : null,
    choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason: 'stop' }],
    ...(usage === null ? {} : { usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } }),
  })
}

/** A judgement whose activity the request allows. */
function fittingAnalysis(body: unknown): object {
  const allowed = /"activity_type":\{"type":"string","enum":\["([^"]+)"/.exec(JSON.stringify(body).replaceAll('\\"', '"'))?.[1]
  return anAnalysis({ activity_type: allowed ?? 'unknown' })
}

function sendModels(response: ServerResponse, status: number): void {
  if (status === 200)
    sendJson(response, 200, { object: 'list', data: [{ id: 'test-model', object: 'model', created: 1, owned_by: 'test' }] })
  else sendError(response, status, 'As configured.')
}

function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  extra: { readonly param?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): void {
  for (const [name, value] of Object.entries(extra.headers ?? {})) response.setHeader(name, value)
  sendJson(response, status, { error: { message, type: 'invalid_request_error', param: extra.param ?? null, code: null } })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** The body, or undefined when it is no JSON of reasonable size. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  try {
    return size <= MAX_BODY_BYTES ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined
  } catch {
    return undefined
  }
}
