import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import type { Clock } from '../../../contracts/clock.ts'
import { pluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange } from '../../../contracts/storage.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import type { AccessTokens } from './access-tokens.ts'
import { apiFailure, plainFailure, refusesToken, type ApiFailure } from './api-failure.ts'
import type { DropboxEndpoints } from './endpoints.ts'
import { headerJson } from './header-json.ts'
import { readText, type HttpClient, type HttpPost } from './http-client.ts'
import { DownloadSchema } from './metadata.ts'

/** Writers of one account block each other for moments, so Dropbox says: try again, a little later each time. */
const CONTENTION = { tries: 5, firstDelayMs: 500, mostDelayMs: 8_000 }
const NOTHING = new Uint8Array()

export interface Download {
  readonly stream: IncomingMessage
  /** Bytes of the whole object. */
  readonly size: number
  readonly contentHash: string | null
}

export interface ClientParts {
  readonly endpoints: DropboxEndpoints
  readonly http: HttpClient
  readonly tokens: AccessTokens
  readonly clock: Pick<Clock, 'now' | 'sleep'>
}

/** The three styles of calls of https://www.dropbox.com/developers/documentation/http/documentation, with the token and its renewal. */
export class DropboxClient {
  readonly #parts: ClientParts

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  /** A call whose argument and answer are JSON. */
  async rpc<S extends z.ZodType>(
    route: string,
    argument: unknown,
    schema: S,
    signal: AbortSignal,
  ): Promise<Result<z.output<S>, ApiFailure>> {
    const post = {
      url: `${this.#parts.endpoints.api}/2/${route}`,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(argument)),
    }
    const answer = await this.#answer(post, signal)
    return answer.ok ? parseBody(answer.value, schema, signal) : answer
  }

  /** A call that carries a part of a file. */
  async upload<S extends z.ZodType>(
    route: string,
    { argument, body }: { readonly argument: unknown; readonly body: Uint8Array },
    schema: S,
    signal: AbortSignal,
  ): Promise<Result<z.output<S>, ApiFailure>> {
    const post = {
      url: `${this.#parts.endpoints.content}/2/${route}`,
      headers: { 'content-type': 'application/octet-stream', 'dropbox-api-arg': headerJson(argument) },
      body,
    }
    const answer = await this.#answer(post, signal)
    return answer.ok ? parseBody(answer.value, schema, signal) : answer
  }

  /** @returns the stream; whoever gets it reads or destroys it. */
  async download(path: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<Download, ApiFailure>> {
    const post = {
      url: `${this.#parts.endpoints.content}/2/files/download`,
      headers: {
        'dropbox-api-arg': headerJson({ path }),
        ...(range === null ? {} : { range: `bytes=${range.start}-${range.end}` }),
      },
      body: NOTHING,
    }
    const answer = await this.#answer(post, signal)
    if (!answer.ok) return answer
    const result = DownloadSchema.safeParse(jsonOf(String(answer.value.headers['dropbox-api-result'])))
    if (result.success && (answer.value.statusCode === 206 || isWhole(range, result.data.size))) {
      return ok({ stream: answer.value, size: result.data.size, contentHash: result.data.content_hash ?? null })
    }
    answer.value.destroy()
    return err(plainFailure(pluginError('invalid', 'Dropbox answered a download in an unknown way')))
  }

  /** The answer, if it is a success. */
  async #answer(post: HttpPost, signal: AbortSignal): Promise<Result<IncomingMessage, ApiFailure>> {
    const { tokens, clock } = this.#parts
    let renewals = 0
    for (let tries = 1; ; tries += 1) {
      const token = await tokens.get(signal)
      if (!token.ok) return err(plainFailure(token.error))
      const answer = await this.#once(post, token.value, signal)
      if (answer.ok) return answer
      if (refusesToken(answer.error)) {
        if (!tokens.refused(token.value) || renewals > 0) return answer
        renewals += 1
        continue
      }
      const delayMs = contentionDelayMs(answer.error, tries)
      if (delayMs === null) return answer
      await clock.sleep(delayMs, signal)
    }
  }

  async #once({ url, headers, body }: HttpPost, token: string, signal: AbortSignal): Promise<Result<IncomingMessage, ApiFailure>> {
    const { http, tokens, clock } = this.#parts
    const answer = await http.post({ url, headers: { ...headers, authorization: `Bearer ${token}` }, body }, signal)
    if (!answer.ok) return err(plainFailure(answer.error))
    const { statusCode = 0, headers: answered } = answer.value
    if (statusCode >= 200 && statusCode < 300) return answer
    const text = await readText(answer.value, signal)
    if (!text.ok) return err(plainFailure(text.error))
    return err(apiFailure({ status: statusCode, headers: answered, text: text.value }, tokens.advice, clock.now()))
  }
}

function isWhole(range: ByteRange | null, size: number): boolean {
  return range === null || (range.start === 0 && range.end >= size - 1)
}

/** How long to wait before the call is made again; null when that is not ours to do. */
function contentionDelayMs({ tag, error }: ApiFailure, tries: number): number | null {
  if (!tag.split('/').includes('too_many_write_operations') || tries >= CONTENTION.tries) return null
  const atLeastMs = error.retryAfterMs ?? 0
  if (atLeastMs > CONTENTION.mostDelayMs) return null
  return retryDelayMs(tries + 1, CONTENTION.firstDelayMs, Math.random(), { capMs: CONTENTION.mostDelayMs, atLeastMs })
}

async function parseBody<S extends z.ZodType>(
  answer: IncomingMessage,
  schema: S,
  signal: AbortSignal,
): Promise<Result<z.output<S>, ApiFailure>> {
  const text = await readText(answer, signal)
  if (!text.ok) return err(plainFailure(text.error))
  const parsed = schema.safeParse(jsonOf(text.value))
  return parsed.success ? ok(parsed.data) : err(plainFailure(pluginError('invalid', 'Dropbox answered in an unknown way')))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
