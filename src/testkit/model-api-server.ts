import type { IncomingMessage, ServerResponse } from 'node:http'
import { anAnalysis } from './builders.ts'
import { listenHttp, parseJson, readBody, sendJson } from './http-fake.ts'
import { Script } from './script.ts'

/** How a fake model service treats one good request. A request that breaks the wire format is refused before any of this. */
export type ModelBehaviour =
  | { readonly do: 'answer'; readonly analysis?: Readonly<Record<string, unknown>>; readonly counts?: boolean }
  /** Takes the request and never answers. */
  | { readonly do: 'hang' }
  /** Closes the connection, `midway` after a part of the answer. */
  | { readonly do: 'cut'; readonly midway?: boolean }
  | ({ readonly do: 'fail' } & Failure)
  | { readonly do: 'prose'; readonly text?: string }
  /** JSON, but against the schema. */
  | { readonly do: 'off_schema' }
  | { readonly do: 'refuse' }
  /** An answer that the token limit cut. */
  | { readonly do: 'truncate' }
  /** Any body, as a broken or unusual server sends it. */
  | { readonly do: 'raw'; readonly body: unknown; readonly contentType?: string }

export interface Failure {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
  /** As the service adds them to the body. */
  readonly details?: readonly object[]
  /** Which part of the request it complains of, for services that say so. */
  readonly param?: string
}

export interface ModelRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<IncomingMessage['headers']>
  readonly body: unknown
  readonly images: number
  /** All text of it. */
  readonly text: string
  /** Why it was refused; null when it kept the wire format. */
  readonly complaint: string | null
}

/** What one answer of the model says. */
export interface Completion {
  readonly text: string
  readonly end: 'complete' | 'refused' | 'truncated'
  readonly counts: boolean
}

/** The wire format of one service. */
export interface WireFormat {
  readonly basePath: string
  /** Null lets the request in. */
  readonly authorise: (headers: IncomingMessage['headers'], path: string) => Failure | null
  /** Whether this is the route that asks the model; other POSTs are 404. */
  readonly isModelRoute: (path: string) => boolean
  /** Answers a GET; null is 404. */
  readonly read: (path: string) => object | null
  readonly check: (body: unknown, bytes: number) => Failure | null
  readonly describe: (body: unknown) => { readonly images: number; readonly text: string }
  readonly completion: (answer: Completion, body: unknown) => object
  readonly failure: (failure: Failure) => object
}

export interface ModelApiServer extends AsyncDisposable {
  /** For `base_url`. */
  readonly url: string
  /** Requests to the model in order of arrival, refused ones too. */
  readonly requests: readonly ModelRequest[]
  behave(...next: readonly ModelBehaviour[]): void
  otherwise(behaviour: ModelBehaviour): void
  nextRequest(): Promise<ModelRequest>
}

/** A model service on a free port that refuses requests which break its wire format. */
export async function startModelApi(format: WireFormat): Promise<ModelApiServer> {
  const requests: ModelRequest[] = []
  const script = new Script<ModelBehaviour>({ do: 'answer' })
  let waiting: Array<(request: ModelRequest) => void> = []

  const ask = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const raw = await readBody(request)
    const body = parseJson(raw)
    const refusal = format.check(body, raw.length)
    const { method = '', headers } = request
    const received = { method, path, headers, body, ...format.describe(body), complaint: refusal?.message ?? null }
    requests.push(received)
    waiting.forEach((tell) => tell(received))
    waiting = []
    if (refusal !== null) sendFailure(response, format, refusal)
    else await act(script.next(), { format, body, response })
  }

  const server = await listenHttp(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://server').pathname
    const refusal = format.authorise(request.headers, path)
    const found = request.method === 'GET' ? format.read(path) : null
    if (refusal !== null) sendFailure(response, format, refusal)
    else if (found !== null) sendJson(response, 200, found)
    else if (request.method === 'POST' && format.isModelRoute(path)) await ask(request, response, path)
    else sendFailure(response, format, { status: 404, message: `not found: ${path}` })
  })

  return {
    url: `${server.url}${format.basePath}`,
    requests,
    behave: (...next) => script.queue(next),
    otherwise: (behaviour) => script.otherwise(behaviour),
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

interface Exchange {
  readonly format: WireFormat
  readonly body: unknown
  readonly response: ServerResponse
}

async function act(behaviour: ModelBehaviour, { format, body, response }: Exchange): Promise<void> {
  const complete = (text: string, changes: Partial<Completion> = {}) =>
    sendJson(response, 200, format.completion({ text, end: 'complete', counts: true, ...changes }, body))
  switch (behaviour.do) {
    case 'answer':
      complete(JSON.stringify(behaviour.analysis ?? fittingAnalysis(body)), { counts: behaviour.counts ?? true })
      return
    case 'hang':
      return
    case 'cut':
      return cut(response, behaviour.midway ?? false)
    case 'fail':
      sendFailure(response, format, behaviour)
      return
    case 'prose':
      complete(behaviour.text ?? 'I see a person who walks up to the door and waits.')
      return
    case 'off_schema':
      complete(JSON.stringify({ risk_level: 3, activity_type: 'moonwalk', notes: 'none' }))
      return
    case 'refuse':
      complete('', { end: 'refused' })
      return
    case 'truncate':
      complete('{"risk_level":"hi', { end: 'truncated' })
      return
    case 'raw':
      response.writeHead(200, { 'content-type': behaviour.contentType ?? 'application/json' })
      response.end(typeof behaviour.body === 'string' ? behaviour.body : JSON.stringify(behaviour.body))
  }
}

async function cut(response: ServerResponse, midway: boolean): Promise<void> {
  if (midway) {
    response.writeHead(200, { 'content-type': 'application/json' })
    await new Promise((resolve) => response.write('{"id":"1","content":[', resolve))
  }
  response.destroy()
}

/** A judgement whose activity the request allows, in its schema or in words. */
function fittingAnalysis(body: unknown): object {
  const asked = JSON.stringify(body).replaceAll('\\"', '"')
  const allowed = /"activity_type":\{[^{}]*?"enum":\["([^"]+)"/.exec(asked)?.[1]
  return anAnalysis({ activity_type: allowed ?? 'unknown' })
}

function sendFailure(response: ServerResponse, format: WireFormat, failure: Failure): void {
  sendJson(response, failure.status, format.failure(failure), failure.headers)
}
