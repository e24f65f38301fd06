import { once } from 'node:events'
import { createServer, request as sendRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { Transform, type TransformCallback } from 'node:stream'

export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export type Fault =
  /** Nothing goes wrong this time. */
  | { readonly do: 'pass' }
  /** The request is read, and answered so; the server behind does not see it. */
  | { readonly do: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection breaks after so many bytes of the request's body, on both sides. */
  | { readonly do: 'cut_request'; readonly afterBytes: number }
  /** The server behind has done its work; the connection breaks after so many bytes of its answer's body, or at once. */
  | { readonly do: 'cut_response'; readonly afterBytes: number }
  /** The request is taken and never answered; the server behind does not see it. */
  | { readonly do: 'stall' }
  /** The first byte of the body is another one when it arrives. */
  | { readonly do: 'damage_request' }
  | { readonly do: 'damage_response' }

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
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

interface Plan {
  readonly matches: (request: SeenRequest) => boolean
  readonly take: () => Fault | undefined
}

/** Stands between a client and an HTTP server and lets go wrong what is asked for. Everything else, signed headers too, passes as it is. */
export async function startFaultProxy(target: { readonly port: number; readonly host?: string }): Promise<FaultProxy> {
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

  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    const seen = { method, url, headers }
    requests.push(seen)
    waiting = waiting.filter(({ matches, tell }) => {
      if (!matches(seen)) return true
      tell(seen)
      return false
    })
    act(faultFor(seen), { request, response, target })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
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
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: { readonly port: number; readonly host?: string }
}

function act(fault: Fault, exchange: Exchange): void {
  const { request, response } = exchange
  // Whoever breaks off is no news here.
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  switch (fault.do) {
    case 'status':
      request.resume()
      request.once('end', () => response.writeHead(fault.status, fault.headers).end(fault.body))
      return
    case 'stall':
      request.resume()
      return
    case 'cut_request':
      forward(exchange, { outgoing: new CutAfter(fault.afterBytes, () => request.socket.destroy()) })
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

function forward({ request, response, target }: Exchange, through: { readonly outgoing?: Transform; readonly incoming?: Transform }): void {
  const upstream = sendRequest({
    host: target.host ?? '127.0.0.1',
    port: target.port,
    method: request.method,
    path: request.url,
    headers: request.headers,
    agent: false,
  })
  // A side that breaks takes the other one along.
  upstream.on('error', () => response.destroy())
  response.on('close', () => upstream.destroy())
  upstream.on('response', (answer) => {
    answer.on('error', () => response.destroy())
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    if (through.incoming === undefined) answer.pipe(response)
    else answer.pipe(through.incoming).pipe(response)
  })
  if (through.outgoing === undefined) request.pipe(upstream)
  else request.pipe(through.outgoing).pipe(upstream)
}

class CutAfter extends Transform {
  #left: number
  readonly #cut: () => void

  constructor(bytes: number, cut: () => void) {
    super()
    this.#left = bytes
    this.#cut = cut
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.push(chunk.subarray(0, this.#left))
    this.#left -= chunk.length
    if (this.#left > 0) done()
    else this.#cut()
  }

  /** A body that is shorter than that is cut at its end. */
  override _flush(): void {
    this.#cut()
  }
}

class DamageFirstByte extends Transform {
  #done = false

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const damaged = Buffer.from(chunk)
    if (!this.#done) damaged[0] = (damaged[0] ?? 0) ^ 1
    this.#done = true
    done(null, damaged)
  }
}
