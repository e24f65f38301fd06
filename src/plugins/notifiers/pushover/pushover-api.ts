import { z } from 'zod'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { httpCall, isCutSuccess, type HttpAnswer } from '../../../lib/http-call.ts'
import { kindOfStatus, retryAfterMs, untilUnixSecondsMs } from '../../../lib/http-errors.ts'
import { multipart } from '../../../lib/multipart.ts'
import { underUrl } from '../../../lib/service-url.ts'
import type { PushoverConfig } from './config.ts'
import type { PushoverMessage } from './message.ts'

/** Documented: "no sooner than 5 seconds", https://pushover.net/api#friendly */
const WAIT_AFTER_5XX_MS = 5000
const MOST_PICTURE_BYTES = 5_242_880

const AnswerSchema = z.looseObject({ status: z.number(), receipt: z.string().max(100).optional() })
type Answer = z.output<typeof AnswerSchema>

type ApiConfig = Pick<PushoverConfig, 'token_env' | 'user_env' | 'base_url' | 'devices'>

/** Pushover's Message API, https://pushover.net/api */
export class PushoverApi {
  readonly #config: ApiConfig
  readonly #host: Pick<PluginHost, 'secrets' | 'clock'>

  constructor(config: ApiConfig, host: Pick<PluginHost, 'secrets' | 'clock'>) {
    this.#config = config
    this.#host = host
  }

  /** @returns the receipt of an emergency, by which its repeats can be ended; else null. */
  async send(message: PushoverMessage, picture: Uint8Array | null, signal: AbortSignal): Promise<Result<string | null, PluginError>> {
    const answer = await this.#post('1/messages.json', { user: true, fields: message, picture }, signal)
    return answer.ok ? ok(answer.value.receipt ?? null) : answer
  }

  /** Ends the repeats of an emergency; one that is over already is fine. */
  async cancel(receipt: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (!/^[A-Za-z0-9]{1,64}$/.test(receipt)) return ok()
    const answer = await this.#post(`1/receipts/${receipt}/cancel.json`, { user: false, fields: {}, picture: null }, signal)
    return answer.ok || answer.error.kind === 'invalid' ? ok() : answer
  }

  /** Whether token, user and devices are known there; sends nothing. */
  async validate(signal: AbortSignal): Promise<Result<void, PluginError>> {
    for (const device of this.#config.devices.length === 0 ? [null] : this.#config.devices) {
      const fields: PushoverMessage = device === null ? {} : { device }
      const answer = await this.#post('1/users/validate.json', { user: true, fields, picture: null }, signal)
      if (!answer.ok) return answer
    }
    return ok()
  }

  async #post(
    path: string,
    content: { readonly user: boolean; readonly fields: PushoverMessage; readonly picture: Uint8Array | null },
    signal: AbortSignal,
  ): Promise<Result<Answer, PluginError>> {
    const keys = this.#keys(content.user)
    if (!keys.ok) return keys
    const fields = Object.entries({ ...keys.value, ...content.fields }).map(([name, value]) => ({ name, content: value }))
    const { picture } = content
    const fits = picture !== null && picture.length <= MOST_PICTURE_BYTES
    const files = fits ? [{ name: 'attachment', fileName: 'picture.jpg', contentType: 'image/jpeg', content: picture }] : []
    const { contentType, body } = multipart([...fields, ...files])
    const headers = { 'content-type': contentType, 'user-agent': 'homesec' }
    const answer = await httpCall({ url: underUrl(this.#config.base_url, path), method: 'POST', headers, body, verifyTls: true }, signal)
    return this.#judge(answer)
  }

  #keys(withUser: boolean): Result<Record<string, string>, PluginError> {
    const { token_env, user_env } = this.#config
    const token = this.#host.secrets.get(token_env)
    const user = this.#host.secrets.get(user_env)
    if (token === undefined) return err(pluginError('rejected', `the environment variable ${token_env} (token_env) is not set`))
    if (user === undefined) return err(pluginError('rejected', `the environment variable ${user_env} (user_env) is not set`))
    return ok(withUser ? { token, user } : { token })
  }

  #judge(answer: HttpAnswer): Result<Answer, PluginError> {
    if (isCutSuccess(answer)) return ok({ status: 1 })
    const { status } = answer
    const said = parseAnswer(answer.body)
    if (status >= 200 && status < 300 && said?.status === 1) return ok(said)
    if (status === 429) return err(this.#spent(answer))
    if (status >= 500)
      return err({ ...pluginError('unavailable', `Pushover cannot take the message now (${status})`), retryAfterMs: WAIT_AFTER_5XX_MS })
    if (said !== null) return err(this.#refusal(said, status))
    if (status < 300) return err(pluginError('unavailable', `what answered is not Pushover (status ${status}): check base_url`))
    return err(pluginError(kindOfStatus(status), `Pushover answered with status ${status}`))
  }

  #spent({ retryAfter, headers }: HttpAnswer): PluginError {
    const now = this.#host.clock.now()
    const waitMs = retryAfterMs(retryAfter, now) ?? untilUnixSecondsMs(headers['x-limit-app-reset'], now)
    const error = pluginError('unavailable', "Pushover's limit of messages for this month is reached, or too many came at once (429)")
    return waitMs === undefined ? error : { ...error, retryAfterMs: waitMs }
  }

  /** Pushover names each parameter it does not like; its sentences are not passed on. */
  #refusal(said: Answer, status: number): PluginError {
    const { token_env, user_env } = this.#config
    if ('token' in said) return pluginError('rejected', `Pushover does not know the application token; check token_env (${token_env})`)
    if ('user' in said) return pluginError('rejected', `Pushover does not know the user or group key; check user_env (${user_env})`)
    if ('device' in said) return pluginError('invalid', 'Pushover does not know a device of that name; check devices')
    const named = PARAMETERS.filter((name) => name in said)
    return pluginError('invalid', `Pushover refused the message${named.length === 0 ? '' : ` because of ${named.join(', ')}`} (${status})`)
  }
}

const PARAMETERS = [
  'message',
  'title',
  'url',
  'url_title',
  'priority',
  'retry',
  'expire',
  'sound',
  'timestamp',
  'ttl',
  'attachment',
] as const

function parseAnswer(body: string): Answer | null {
  try {
    return AnswerSchema.safeParse(JSON.parse(body)).data ?? null
  } catch {
    return null
  }
}
