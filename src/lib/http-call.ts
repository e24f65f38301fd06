import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as tcpConnect, isIP } from 'node:net'
import { connect as tlsConnect } from 'node:tls'

export interface HttpCall {
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  /** Absent: none. */
  readonly body?: string | Uint8Array
  readonly verifyTls: boolean
}

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly headers: IncomingHttpHeaders
  /** The first 64 KiB, perhaps cut off. Hostile, and it may repeat what we sent: never for an error or a log. */
  readonly body: string
  /** false: the body broke off on its way, or time ran out in it. One that is longer than what we keep counts as complete. */
  readonly complete: boolean
}

const MOST_ANSWER_BYTES = 65_536

/**
 * One request on a connection of its own; follows no redirect. Once the status is known, nothing that happens to the body counts: it is
 * what came until then. Rejects on network errors and abort.
 */
export function httpCall({ url, method, headers, body = '', verifyTls }: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let fail = reject
    const onResponse = (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const finish = () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'] ?? null,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8', 0, MOST_ANSWER_BYTES),
          complete: response.complete || bytes > MOST_ANSWER_BYTES,
        })
      fail = finish
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > MOST_ANSWER_BYTES) response.destroy()
      })
      response.on('error', () => undefined)
      response.on('close', finish)
    }
    const length = body === '' && method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { method, headers: { ...headers, ...length }, signal, agent: false as const }
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, rejectUnauthorized: verifyTls }, onResponse)
        : httpRequest(url, options, onResponse)
    request.on('error', (cause) => fail(cause))
    request.end(body)
  })
}

/**
 * Whether a service that speaks JSON has done what was asked, and only its answer broke off: asked again, it would do it twice. The type
 * tells it from the page of a hotspot.
 */
export function isCutSuccess({ status, complete, headers }: Pick<HttpAnswer, 'status' | 'complete' | 'headers'>): boolean {
  return status >= 200 && status < 300 && !complete && /^application\/json\b/i.test(headers['content-type'] ?? '')
}

/** Connects, with TLS where the URL says so, and hangs up without a request. Rejects when that fails. */
export async function reach(url: URL, verifyTls: boolean, signal: AbortSignal): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const socket = secure
    ? tlsConnect({ host, port, rejectUnauthorized: verifyTls, ...(isIP(host) === 0 ? { servername: host } : {}) })
    : tcpConnect({ host, port })
  try {
    await once(socket, secure ? 'secureConnect' : 'connect', { signal })
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}
