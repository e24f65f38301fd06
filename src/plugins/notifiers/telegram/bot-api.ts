import { pluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { httpCall, isCutSuccess } from '../../../lib/http-call.ts'
import { multipart, type FormPart } from '../../../lib/multipart.ts'
import { underUrl } from '../../../lib/service-url.ts'
import { AnswerSchema, botFailure, type BotAnswer, type BotFailure, type ConfigKeys } from './bot-failure.ts'

export type Params = Readonly<Record<string, string | number | boolean | object | undefined>>

const TOKEN = /^\d{1,20}:[A-Za-z0-9_-]+$/

/**
 * Calls methods of Telegram's Bot API. The token is part of the URL, so no exception of a call may leave: `LimitedCalls` sees to that.
 */
export class BotApi {
  readonly #baseUrl: string
  readonly #keys: ConfigKeys
  readonly #host: Pick<PluginHost, 'clock' | 'secrets'>

  constructor(baseUrl: string, keys: ConfigKeys, host: Pick<PluginHost, 'clock' | 'secrets'>) {
    this.#baseUrl = baseUrl
    this.#keys = keys
    this.#host = host
  }

  /** @returns the `result` of the answer; null if Telegram did it and its answer broke off. Rejects on network errors and abort. */
  async call(method: string, params: Params, photo: Uint8Array | null, signal: AbortSignal): Promise<Result<unknown, BotFailure>> {
    const token = this.#host.secrets.get(this.#keys.token)?.trim()
    if (token === undefined) return this.#unusable('is not set')
    if (!TOKEN.test(token)) return this.#unusable('holds no bot token, which is a number, a colon, and letters')
    const url = underUrl(this.#baseUrl, `bot${token}`, method)
    const { contentType, body } = photo === null ? asJson(params) : asForm(params, photo)
    const headers = { 'content-type': contentType, 'user-agent': 'homesec' }
    const http = await httpCall({ url, method: 'POST', headers, body, verifyTls: true }, signal)
    if (isCutSuccess(http)) return ok(null)
    const answer = parseAnswer(http.body)
    if (http.status === 200 && answer?.ok === true) return ok(answer.result)
    return err(botFailure(http, answer, this.#keys, this.#host.clock.now()))
  }

  #unusable(why: string): Result<never, BotFailure> {
    const error = pluginError('rejected', `the environment variable ${this.#keys.token} ${why}`)
    return err({ reason: null, migratedTo: null, error })
  }
}

function asJson(params: Params): { readonly contentType: string; readonly body: string } {
  return { contentType: 'application/json', body: JSON.stringify(params) }
}

function asForm(params: Params, photo: Uint8Array): ReturnType<typeof multipart> {
  const fields = Object.entries(params).flatMap(([name, value]): FormPart[] =>
    value === undefined ? [] : [{ name, content: typeof value === 'string' ? value : JSON.stringify(value) }],
  )
  return multipart([...fields, { name: 'photo', fileName: 'alert.jpg', contentType: 'image/jpeg', content: photo }])
}

function parseAnswer(body: string): BotAnswer | null {
  try {
    return AnswerSchema.safeParse(JSON.parse(body)).data ?? null
  } catch {
    return null
  }
}
