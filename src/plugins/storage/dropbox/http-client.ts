import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { addAbortSignal, PassThrough, pipeline, Readable } from 'node:stream'
import { codeOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'

export interface HttpPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as it is, without a copy; leave it alone until the answer is there. */
  readonly body: Uint8Array
}

const IDLE_TIMEOUT_MS = 90_000
/** Small enough that a slow line shows progress between two of them. */
const SLICE_BYTES = 128 * 1024
const MOST_TEXT_BYTES = 1024 * 1024
/** A retry cannot help these, the owner can. */
const CERTIFICATE = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

/** Posts over connections that are kept. Follows no redirect. */
export class HttpClient implements Disposable {
  readonly #http = new HttpAgent({ keepAlive: true })
  readonly #https = new HttpsAgent({ keepAlive: true })

  /** @returns the answer of whatever status, its body still to be read; `unavailable` when there is none, `cancelled` when `signal` aborts. */
  async post(post: HttpPost, signal: AbortSignal): Promise<Result<IncomingMessage, PluginError>> {
    const sent = await this.#send(post, signal)
    // A kept connection that the server closed meanwhile; every request of ours may be repeated.
    const settled = 'stale' in sent ? await this.#send(post, signal) : sent
    return 'answer' in settled ? ok(settled.answer) : err(networkError(settled.cause, signal))
  }

  [Symbol.dispose](): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #send(post: HttpPost, signal: AbortSignal): Promise<Sent> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve({ cause: signal.reason })
        return
      }
      const request = this.#start(post, signal)
      request.setTimeout(IDLE_TIMEOUT_MS, () => request.destroy(new Error('no byte for too long')))
      request.on('response', (answer) => resolve({ answer }))
      request.on('error', (cause) => resolve(request.reusedSocket && !signal.aborted ? { cause, stale: true } : { cause }))
      if (post.body.byteLength === 0) request.end()
      else Readable.from(slices(post.body)).pipe(request)
    })
  }

  #start({ url, headers, body }: HttpPost, signal: AbortSignal): ClientRequest {
    const options = { method: 'POST', signal, headers: { ...headers, 'content-length': String(body.byteLength) } }
    return url.startsWith('https:')
      ? httpsRequest(url, { ...options, agent: this.#https })
      : httpRequest(url, { ...options, agent: this.#http })
  }
}

type Sent = { readonly answer: IncomingMessage } | { readonly cause: unknown } | { readonly cause: unknown; readonly stale: true }

function* slices(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES)
}

/** The body of an answer that is text. */
export async function readText(answer: IncomingMessage, signal: AbortSignal): Promise<Result<string, PluginError>> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MOST_TEXT_BYTES) return err(pluginError('invalid', 'Dropbox sent an answer without end'))
      chunks.push(chunk)
    }
    return ok(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    return err(networkError(cause, signal))
  }
}

/** The words of the exception are left out: they may name addresses inside the house's network. */
export function networkError(cause: unknown, signal: AbortSignal): PluginError {
  if (signal.aborted) return pluginError('cancelled', 'storage operation cancelled')
  const code = codeOf(cause)
  if (CERTIFICATE.test(code))
    return pluginError(
      'rejected',
      `the certificate that came for Dropbox is not trusted (${code}): is there a proxy between, or is the clock of this machine wrong?`,
      cause,
    )
  return pluginError('unavailable', `Dropbox cannot be reached, or the connection broke${code === '' ? '' : ` (${code})`}`, cause)
}

/** The reader may pause for as long as it likes, as players do. And other than an answer of Node's, the stream ends with its loop. */
export function forReader(answer: IncomingMessage, signal: AbortSignal): Readable {
  answer.setTimeout(0)
  return addAbortSignal(
    signal,
    pipeline(answer, new PassThrough(), () => undefined),
  )
}
