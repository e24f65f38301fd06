import {
  createServer,
  request as sendRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import type { Transform } from 'node:stream'
import { listen, type HttpFake } from './http-fake.ts'
import { CutAfter, DamageFirstByte } from './spoilt-streams.ts'

export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export type Fault =
  /** Nothing goes wrong this time. */
  | { readonly do: 'pass' }
  /**
   * The request is answered so, and the server behind does not see it. `afterBytes` of its body: 0 is at once, before the body is asked for;
   * by default all of it is read.
   */
  | {
      readonly do: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly afterBytes?: number
    }
  /** The connection breaks after so many bytes of the request's body, on both sides. */
  | { readonly do: 'cut_request'; readonly afterBytes: number }
  /** So too, and the server behind sees nothing of it: it must make no difference what it would do with a part. */
  | { readonly do: 'cut_unseen'; readonly afterBytes: number }
  /** The server behind has done its work; the connection breaks after so many bytes of its answer's body, or at once. */
  | { readonly do: 'cut_response'; readonly afterBytes: number }
  /** The server behind has done its work, and its answer is replaced by this one, as by a proxy that lost patience. */
  | { readonly do: 'replace_response'; readonly status: number }
  /** The request is taken and never answered; the server behind does not see it. */
  | { readonly do: 'stall' }
  /** The first byte of the body is another one when it arrives. */
  | { readonly do: 'damage_request' }
  | { readonly do: 'damage_response' }

export interface FaultProxy extends HttpFake {
  /** All so far, also those that went wrong. */
  readonly requests: readonly SeenRequest[]
  /** What happens to the next requests that match, one each, in order; after that they pass. Of several that match, the first asked goes first. */
  fail(matches: (request: SeenRequest) => boolean, ...faults: readonly Fault[]): void
  /** What happens to every request that matches from now on. */
  failAlways(matches: (request: SeenRequest) => boolean, fault: Fault): void
  /** Resolves with the next request that matches, when its head is there. */
  next(matches: (request: SeenRequest) => boolean): Promise<SeenRequest>
  /** Nothing goes wrong any more. */
  heal(): void
}

export interface Rewriting {
  /** What goes to the server behind. */
  readonly onward?: (headers: IncomingHttpHeaders) => OutgoingHttpHeaders
  /** What its answers have besides their own. */
  readonly answerHeaders?: () => OutgoingHttpHeaders
}

interface Target {
  readonly port: number
  readonly host?: string
}

interface Plan {
  readonly matches: (request: SeenRequest) => boolean
  readonly take: () => Fault | undefined
}

/** Stands between a client and an HTTP server and lets go wrong what is asked for. Everything else, signed headers too, passes as it is. */
export async function startFaultProxy(target: Target, rewriting: Rewriting = {}): Promise<FaultProxy> {
  const requests: SeenRequest[] = []
  let plans: Plan[] = []
  let waiting: Array<{ readonly matches: (request: SeenRequest) => boolean; readonly tell: (request: SeenRequest) => void }> = []

  const faultFor = (seen: SeenRequest): Fault => {
    for (const plan of plans) {
      const fault = plan.matches(seen) ? plan.take() : undefined
      if (fault !== undefined) return fault
    }
    return { do: 'pass' }
  }

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request
    const seen = { method, url, headers }
    requests.push(seen)
    waiting = waiting.filter(({ matches, tell }) => {
      if (!matches(seen)) return true
      tell(seen)
      return false
    })
    const fault = faultFor(seen)
    const isAtOnce = fault.do === 'status' && fault.afterBytes === 0
    if (headers.expect !== undefined && !isAtOnce) response.writeContinue()
    act(fault, { request, response, target, rewriting })
  }
  const server = createServer(serve).on('checkContinue', serve)

  return {
    ...(await listen(server)),
    requests,
    fail: (matches, ...faults) => {
      const queue = [...faults]
      plans.push({ matches, take: () => queue.shift() })
    },
    failAlways: (matches, fault) => void plans.push({ matches, take: () => fault }),
    next: (matches) => new Promise((tell) => waiting.push({ matches, tell })),
    heal: () => {
      plans = []
    },
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: Target
  readonly rewriting: Rewriting
}

function act(fault: Fault, exchange: Exchange): void {
  const { request, response } = exchange
  // Whoever breaks off is no news here.
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  switch (fault.do) {
    case 'status':
      refuse(exchange, fault)
      return
    case 'stall':
      request.resume()
      return
    case 'cut_request':
      forward(exchange, { outgoing: new CutAfter(fault.afterBytes, () => request.socket.destroy()) })
      return
    case 'cut_unseen':
      afterBytesOf(request, fault.afterBytes, () => request.socket.destroy())
      return
    case 'replace_response':
      forward(exchange, { status: fault.status })
      return
    case 'cut_response':
      forward(exchange, { incoming: new CutAfter(fault.afterBytes, () => request.socket.destroy()) })
      return
    case 'damage_request':
      forward(exchange, { outgoing: new DamageFirstByte() })
      return
    case 'damage_response':
      forward(exchange, { incoming: new DamageFirstByte() })
      return
    case 'pass':
      forward(exchange, {})
  }
}

function refuse({ request, response }: Exchange, { status, headers, body, afterBytes }: Extract<Fault, { do: 'status' }>): void {
  if (afterBytes === undefined) request.resume().once('end', () => response.writeHead(status, headers).end(body))
  else if (afterBytes === 0) response.writeHead(status, headers).end(body)
  // The rest of the body is in the way of another request.
  else afterBytesOf(request, afterBytes, () => void response.writeHead(status, { ...headers, connection: 'close' }).end(body))
}

/** Once so many bytes of the body have come. */
function afterBytesOf(request: IncomingMessage, bytes: number, then: () => void): void {
  let left = bytes
  const count = (chunk: Buffer) => {
    left -= chunk.length
    if (left > 0) return
    request.off('data', count)
    then()
  }
  if (bytes === 0) then()
  else request.on('data', count)
}

interface Way {
  readonly outgoing?: Transform
  readonly incoming?: Transform
  /** In place of the answer. */
  readonly status?: number
}

function forward({ request, response, target, rewriting }: Exchange, { outgoing, incoming, status }: Way): void {
  // Whoever asks whether to go on has been answered.
  const { expect: _asked, ...headers } = request.headers
  const upstream = sendRequest({
    host: target.host ?? '127.0.0.1',
    port: target.port,
    method: request.method,
    path: request.url,
    headers: rewriting.onward?.(headers) ?? headers,
    agent: false,
  })
  // A side that breaks takes the other one along.
  upstream.on('error', () => response.destroy())
  response.on('close', () => upstream.destroy())
  upstream.on('response', (answer) => {
    answer.on('error', () => response.destroy())
    if (status !== undefined) {
      answer.resume().once('end', () => response.writeHead(status).end())
      return
    }
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...rewriting.answerHeaders?.() })
    if (incoming === undefined) answer.pipe(response)
    else answer.pipe(incoming).pipe(response)
  })
  if (outgoing === undefined) request.pipe(upstream)
  else request.pipe(outgoing).pipe(upstream)
}
