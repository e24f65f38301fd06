import { z } from 'zod'
import type { Clock } from '../../../contracts/clock.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { orAborted } from '../../../lib/deadline.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'
import type { RefreshCredentials } from './credentials.ts'
import { readText, type HttpClient } from './http-client.ts'

/** Where calls get their bearer from. */
export interface AccessTokens {
  get(signal: AbortSignal): Promise<Result<string, PluginError>>
  /** Dropbox refused this one. @returns whether `get` may give another. */
  refused(token: string): boolean
  /** What the owner can do when Dropbox refuses a token. */
  readonly advice: string
}

/** A token that was handed to us and cannot be renewed. @param envName the variable it came from. */
export function fixedToken(token: () => Result<string, PluginError>, envName: string): AccessTokens {
  return {
    get: async () => token(),
    refused: () => false,
    advice: `put a new one into ${envName}, or use refresh_token_env, which does not expire`,
  }
}

const EARLY_MS = 5 * 60_000
/** Clocks differ and answers may say nothing of use; each token is good for one minute at least. */
const LEAST_USE_MS = 60_000
const TokenSchema = z.object({ access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/), expires_in: z.number().positive() })
const ErrorSchema = z.object({ error: z.string().max(200) })

const ADVICE_BY_ERROR: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^invalid_grant/,
    'Dropbox does not accept the refresh token; it was revoked or belongs to another app: make a new one for `refresh_token_env`',
  ],
  [/^(invalid_client|unauthorized_client)/, 'Dropbox does not know the app; check the variables behind `app_key_env` and `app_secret_env`'],
  [/^invalid_request/, 'Dropbox refuses to renew the token; is `app_secret_env` missing, or the refresh token incomplete?'],
]

/** Access tokens made from a refresh token, in memory only: https://developers.dropbox.com/oauth-guide */
export class RefreshedTokens implements AccessTokens, Disposable {
  readonly advice = 'HomeSec renews it by itself, so the app was disconnected: make a new refresh token for `refresh_token_env`'
  readonly #credentials: () => Result<RefreshCredentials, PluginError>
  readonly #url: string
  readonly #http: HttpClient
  readonly #clock: Pick<Clock, 'monotonicMs' | 'now'>
  readonly #closing = new AbortController()
  #current: { readonly token: string; readonly renewAtMs: number } | null = null
  #renewing: Promise<Result<string, PluginError>> | null = null

  constructor(
    credentials: () => Result<RefreshCredentials, PluginError>,
    apiUrl: string,
    http: HttpClient,
    clock: Pick<Clock, 'monotonicMs' | 'now'>,
  ) {
    this.#credentials = credentials
    this.#url = `${apiUrl}/oauth2/token`
    this.#http = http
    this.#clock = clock
  }

  async get(signal: AbortSignal): Promise<Result<string, PluginError>> {
    if (this.#current !== null && this.#clock.monotonicMs() < this.#current.renewAtMs) return ok(this.#current.token)
    // Shared by all who wait, so it must not end with the one who came first.
    this.#renewing ??= this.#renew(this.#closing.signal).finally(() => {
      this.#renewing = null
    })
    try {
      return await orAborted(this.#renewing, signal)
    } catch {
      return err(pluginError('cancelled', 'storage operation cancelled'))
    }
  }

  refused(token: string): boolean {
    if (this.#current?.token === token) this.#current = null
    return true
  }

  [Symbol.dispose](): void {
    this.#closing.abort()
  }

  async #renew(signal: AbortSignal): Promise<Result<string, PluginError>> {
    const credentials = this.#credentials()
    if (!credentials.ok) return credentials
    const { refreshToken, appKey, appSecret } = credentials.value
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: appKey })
    if (appSecret !== null) form.set('client_secret', appSecret)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await this.#http.post({ url: this.#url, headers, body: Buffer.from(form.toString()) }, signal)
    if (!answer.ok) return answer
    const text = await readText(answer.value, signal)
    if (!text.ok) return text
    const { statusCode = 0, headers: answered } = answer.value
    if (statusCode !== 200) return err(this.#refusal(statusCode, text.value, answered['retry-after'] ?? null))
    const made = TokenSchema.safeParse(jsonOf(text.value))
    if (!made.success) return err(pluginError('invalid', 'Dropbox answered with a token that is none'))
    const useMs = Math.max(made.data.expires_in * 1000 - EARLY_MS, LEAST_USE_MS)
    this.#current = { token: made.data.access_token, renewAtMs: this.#clock.monotonicMs() + useMs }
    return ok(made.data.access_token)
  }

  #refusal(status: number, text: string, retryAfter: string | null): PluginError {
    const waitMs = retryAfterMs(retryAfter, this.#clock.now())
    if (kindOfStatus(status) === 'unavailable') {
      const error = pluginError('unavailable', `Dropbox cannot renew the token now (${status})`)
      return waitMs === undefined ? error : { ...error, retryAfterMs: waitMs }
    }
    const name = ErrorSchema.safeParse(jsonOf(text)).data?.error ?? ''
    const advice = ADVICE_BY_ERROR.find(([pattern]) => pattern.test(name))?.[1]
    return pluginError(
      'rejected',
      advice ?? `Dropbox refuses to renew the token (${status}); check \`refresh_token_env\` and \`app_key_env\``,
    )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
