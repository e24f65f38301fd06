import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { codeOf } from '../../../contracts/errors.ts'
import { IdleTimeout } from './dav-errors.ts'

export type DavMethod = 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'MKCOL' | 'MOVE'

export interface DavBody {
  readonly size: number
  /** Asked again when a request is repeated. A chunk is used up before the next is asked for. */
  readonly open: () => AsyncIterable<Uint8Array>
}

export interface DavCall {
  readonly method: DavMethod
  /** Percent-encoded, beginning with a slash. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Always sent with its length: php-fpm and older nginx refuse or spool a body in chunked encoding. */
  readonly body?: DavBody
  /** Sends even a large body without waiting for the server's word. */
  readonly isBlunt?: boolean
}

export interface DavAnswer {
  readonly status: number
  readonly header: (name: string) => string | null
}

export interface DavClientOptions {
  readonly url: URL
  readonly authorization: string | null
  readonly verifyTls: boolean
  readonly ca: string | undefined
  readonly idleTimeoutMs: number
}

interface Exchange {
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

interface Sent {
  readonly request: ClientRequest
  readonly response: Promise<IncomingMessage>
  /** Whether it failed in a way that a fresh connection cures. */
  readonly wasStale: (cause: unknown) => boolean
}

export const NO_BODY: DavBody = { size: 0, open: () => Readable.from([]) }
const BROKEN = new Set(['ECONNRESET', 'EPIPE'])
const MOST_ANSWER_BYTES = 65_536
/** Bodies from here on wait for the server's word first, so that a wrong password does not cost an upload. */
const ASK_FIRST_BYTES = 65_536
/** Servers that do not know the question would wait for ever, as we would. */
const ANSWER_TO_ASKING_MS = 1000
/** The server, or a proxy before it, does not know the question. */
const EXPECTATION_FAILED = 417
const CONNECTIONS = 8

/** WebDAV is HTTP with four more verbs; sizes come from HEAD, so no XML is needed. Follows no redirect. Rejects on network errors and abort. */
export class DavClient implements Disposable {
  readonly #options: DavClientOptions
  readonly #agent: HttpAgent

  constructor(options: DavClientOptions) {
    this.#options = options
    const pool = { keepAlive: true, maxSockets: CONNECTIONS }
    this.#agent = options.url.protocol === 'https:' ? new HttpsAgent(pool) : new HttpAgent(pool)
  }

  /** The status and headers; what else the server says is thrown away. */
  async ask(call: DavCall, signal: AbortSignal): Promise<DavAnswer> {
    const { request, response } = await this.#exchange(call, signal)
    await drained(response)
    // The server answered before it had the whole body, so this connection can carry nothing else.
    if (!request.writableEnded) request.destroy()
    if (response.statusCode === EXPECTATION_FAILED && asksFirst(call)) return this.ask({ ...call, isBlunt: true }, signal)
    return answerOf(response)
  }

  /** The answer with its body, which the caller reads or destroys. */
  async open(call: DavCall, signal: AbortSignal): Promise<IncomingMessage> {
    return (await this.#exchange(call, signal)).response
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  async #exchange(call: DavCall, signal: AbortSignal): Promise<Exchange> {
    const first = this.#send(call, signal)
    try {
      return { request: first.request, response: await first.response }
    } catch (cause) {
      if (!first.wasStale(cause) || signal.aborted) throw cause
      const second = this.#send(call, signal)
      return { request: second.request, response: await second.response }
    }
  }

  #send(call: DavCall, signal: AbortSignal): Sent {
    const { method, body = NO_BODY } = call
    const request = this.#request(call, signal)
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      request.on('error', reject)
    })
    request.setTimeout(this.#options.idleTimeoutMs, () => request.destroy(new IdleTimeout()))
    const isAsked = asksFirst(call)
    let mayGoOn = !isAsked
    request.once('continue', () => (mayGoOn = true))
    if (body.size === 0) request.end()
    else void sendBody(request, body.open, isAsked)
    return {
      request,
      response,
      // A kept connection that the server closed just then. A MOVE may have happened, and would fail the second time.
      wasStale: (cause) => request.reusedSocket && method !== 'MOVE' && !(isAsked && mayGoOn) && BROKEN.has(codeOf(cause)),
    }
  }

  #request(call: DavCall, signal: AbortSignal): ClientRequest {
    const { method, path, headers = {}, body } = call
    const { url, authorization, verifyTls, ca } = this.#options
    const options = {
      method,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      path,
      agent: this.#agent,
      signal,
      headers: {
        ...headers,
        host: url.host,
        'user-agent': 'homesec',
        'accept-encoding': 'identity', // else sizes are those of something compressed
        ...(authorization === null ? {} : { authorization }),
        ...(method === 'PUT' ? { 'content-length': body?.size ?? 0, 'content-type': 'application/octet-stream' } : {}),
        ...(asksFirst(call) ? { expect: '100-continue' } : {}),
      },
      ...(url.port === '' ? {} : { port: url.port }),
    }
    if (url.protocol !== 'https:') return httpRequest(options)
    return httpsRequest({ ...options, rejectUnauthorized: verifyTls, ...(ca === undefined ? {} : { ca }) })
  }
}

function asksFirst({ body = NO_BODY, isBlunt = false }: DavCall): boolean {
  return body.size >= ASK_FIRST_BYTES && !isBlunt
}

/** Never rejects: what goes wrong destroys the request, which tells whoever waits for the answer. */
async function sendBody(request: ClientRequest, open: DavBody['open'], isAsked: boolean): Promise<void> {
  if (isAsked && !(await untilToldToGoOn(request))) return
  try {
    for await (const chunk of open()) await written(request, chunk)
    request.end()
  } catch (cause) {
    request.destroy(cause instanceof Error ? cause : undefined)
  }
}

/** Resolves when the system has the bytes, so that their buffer can be used again: uploads of any size need the same little memory. */
function written(request: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('the request was closed'))
    request.once('close', onClose)
    request.write(chunk, (cause) => {
      request.off('close', onClose)
      if (cause) reject(cause)
      else resolve()
    })
  })
}

/** False: the server has answered already, or is gone. */
function untilToldToGoOn(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (goOn: boolean) => {
      clearTimeout(timer)
      resolve(goOn)
    }
    const timer = setTimeout(settle, ANSWER_TO_ASKING_MS, true)
    request.once('continue', () => settle(true))
    request.once('response', () => settle(false))
    request.once('close', () => settle(false))
  })
}

/** Resolves when the body is through or thrown away: the status is all that counts by then. */
function drained(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_ANSWER_BYTES) response.destroy()
    })
    response.on('error', () => undefined)
    response.once('end', resolve)
    response.once('close', resolve)
  })
}

export function answerOf(response: IncomingMessage): DavAnswer {
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name]
      return Array.isArray(value) ? (value[0] ?? null) : (value ?? null)
    },
  }
}
