import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { freePort } from './free-port.ts'

/** What happens to the next request of one method, once. */
export type DavFault =
  /** Answers instead of the server, after so many bytes of the body have come. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly afterBytes?: number }
  /** Cuts the connections to both sides, after so many bytes of the body have come. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The server does its work, and its answer is replaced by this one, as of a proxy that lost patience. */
  | { readonly kind: 'answer afterwards'; readonly status: number }
  /** The server does its work, and the connection is cut before its answer arrives, or after so many bytes of the answer's body. */
  | { readonly kind: 'lose answer'; readonly afterBytes?: number }
  /** Takes the request and never says a word. */
  | { readonly kind: 'silence' }

type Forwarded = Extract<DavFault, { kind: 'lose answer' | 'answer afterwards' }>

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

/** Stands between a client and a real WebDAV server, and spoils single requests. */
export class DavFaults implements AsyncDisposable {
  readonly url: string
  readonly seen: SeenRequest[] = []
  /** Drops `Range`, as servers do that know nothing of it. */
  ignoreRanges = false
  /** Added to every answer. */
  extraHeaders: OutgoingHttpHeaders = {}
  readonly #target: URL
  readonly #faults = new Map<string, DavFault[]>()
  readonly #server = createServer()

  private constructor(target: URL, port: number) {
    this.#target = target
    this.url = `http://127.0.0.1:${port}${target.pathname}`
  }

  static async before(target: string): Promise<DavFaults> {
    const port = await freePort()
    const proxy = new DavFaults(new URL(target), port)
    await proxy.#listen(port)
    return proxy
  }

  next(method: string, fault: DavFault): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), fault])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #listen(port: number): Promise<void> {
    this.#server.on('request', (request, response) => this.#take(request, response))
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.#take(request, response))
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#nextFault(request)
    if (fault?.kind === 'silence') return
    const answersAtOnce = fault?.kind === 'answer' && fault.afterBytes === undefined
    if (request.headers.expect !== undefined && !answersAtOnce) response.writeContinue()
    if (fault === undefined || fault.kind === 'lose answer' || fault.kind === 'answer afterwards') this.#forward(request, response, fault)
    else if (answersAtOnce) response.writeHead(fault.status, fault.headers).end()
    else spoil(request, response, fault)
  }

  #nextFault({ method = '', url: path = '', headers }: IncomingMessage): DavFault | undefined {
    this.seen.push({ method, path, headers })
    const [fault, ...later] = this.#faults.get(method) ?? []
    this.#faults.set(method, later)
    return fault
  }

  #forward(request: IncomingMessage, response: ServerResponse, fault: Forwarded | undefined): void {
    const { expect: _asked, range, ...headers } = request.headers
    const ranged = range === undefined || this.ignoreRanges ? {} : { range }
    // As a proxy does that tells the server its own address.
    const destination = headers['destination']
    const moved = typeof destination === 'string' ? { destination: destination.replace(/^http:\/\/[^/]+/, this.#target.origin) } : {}
    const options = { method: request.method, path: request.url, host: this.#target.hostname, port: this.#target.port }
    const onward = httpRequest({ ...options, headers: { ...headers, ...ranged, ...moved, host: this.#target.host } }, (answer) => {
      if (fault?.kind === 'answer afterwards') {
        answer.resume().once('end', () => response.writeHead(fault.status).end())
        return
      }
      if (fault !== undefined && fault.afterBytes === undefined) {
        answer.resume().once('end', () => request.socket.destroy())
        return
      }
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...this.extraHeaders })
      answer.pipe(response)
      if (fault?.afterBytes !== undefined) cutAfter(answer, fault.afterBytes, request)
    })
    onward.on('error', () => request.socket.destroy())
    request.socket.once('close', () => onward.destroy())
    request.pipe(onward)
  }
}

function cutAfter(answer: IncomingMessage, bytes: number, request: IncomingMessage): void {
  let passed = 0
  answer.on('data', (chunk: Buffer) => {
    passed += chunk.length
    if (passed >= bytes) request.socket.destroy()
  })
}

/** The real server gets nothing of the request: it must not make a difference what it would do with a part. */
function spoil(request: IncomingMessage, response: ServerResponse, fault: Extract<DavFault, { kind: 'answer' | 'cut' }>): void {
  let bytes = 0
  const check = () => {
    if (bytes < (fault.afterBytes ?? 0)) return
    request.off('data', count)
    if (fault.kind === 'cut') request.socket.destroy()
    else response.writeHead(fault.status, { ...fault.headers, connection: 'close' }).end()
  }
  const count = (chunk: Buffer) => {
    bytes += chunk.length
    check()
  }
  request.on('data', count)
  check()
}
