import { isAboutAlerts, type Alert, type AlertMedia, type SystemAlert } from '../../../contracts/alert.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { httpCall, reach, type HttpAnswer } from '../../../lib/http-call.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'
import { LimitedCalls } from '../../../lib/limited-calls.ts'
import { alertBody, systemBody, type Body } from './body.ts'
import { urlProblem, type WebhookConfig } from './config.ts'
import { signatureOf } from './sign.ts'

const CANCELLED = err(pluginError('cancelled', 'the request was cancelled'))

/** Sends each alert to one URL as JSON. */
export class WebhookNotifier implements Notifier {
  readonly #config: WebhookConfig
  readonly #host: Pick<PluginHost, 'clock' | 'secrets'>
  readonly #calls: LimitedCalls

  constructor(config: WebhookConfig, host: Pick<PluginHost, 'clock' | 'secrets'>) {
    this.#config = config
    this.#host = host
    this.#calls = new LimitedCalls('the webhook', config.timeout_s * 1000)
  }

  async send(alert: Alert, media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (signal.aborted || this.#calls.disposed) return CANCELLED
    if (!this.#config.stages.includes(alert.stage)) return ok()
    // Each stage says something new: a receiver that drops what it knows must not drop the verdict.
    const key = alert.stage === 'verdict' ? alert.dedupe_key : `${alert.dedupe_key}:${alert.stage}`
    return this.#call(alertBody(alert, media.thumbnail, this.#config), key, signal)
  }

  async sendSystem(system: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (signal.aborted || this.#calls.disposed) return CANCELLED
    if (!this.#config.system && !isAboutAlerts(system)) return ok()
    const key = ['system', system.code, system.camera_name ?? '', system.clip_id ?? '', system.ts].join(':')
    return this.#call(systemBody(system, this.#config), key, signal)
  }

  /** Connects and hangs up: a request, even an empty one, would be an event for the receiver. So it says nothing about credentials. */
  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    const url = this.#url()
    const headers = this.#headers({ contentType: this.#config.content_type, content: '' }, '')
    return this.#calls.run(signal, async (limited) => {
      if (!url.ok) return url
      if (!headers.ok) return headers
      await reach(url.value, this.#config.verify_tls, limited)
      return ok()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
  }

  #call(body: Body, dedupeKey: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const { method, verify_tls } = this.#config
    return this.#calls.run(signal, async (limited) => {
      const url = this.#url()
      if (!url.ok) return url
      const headers = this.#headers(body, dedupeKey)
      if (!headers.ok) return headers
      const call = { url: url.value, method, headers: headers.value, body: body.content, verifyTls: verify_tls }
      return this.#judge(await httpCall(call, limited))
    })
  }

  #judge({ status, retryAfter }: HttpAnswer): Result<void, PluginError> {
    if (status >= 200 && status < 300) return ok()
    if (status >= 300 && status < 400) {
      return err(
        pluginError(
          'invalid',
          `the webhook answered with a redirect (${status}), which is not followed; put the final address into the config`,
        ),
      )
    }
    const error = pluginError(kindOfStatus(status), `the webhook answered with status ${status}`)
    const waitMs = retryAfterMs(retryAfter, this.#host.clock.now())
    return err(waitMs === undefined ? error : { ...error, retryAfterMs: waitMs })
  }

  #url(): Result<URL, PluginError> {
    const { url, url_env } = this.#config
    const value = url ?? (url_env === undefined ? undefined : this.#host.secrets.get(url_env))
    if (value === undefined) return err(pluginError('invalid', `the environment variable ${url_env ?? ''} with the URL is not set`))
    const problem = urlProblem(value)
    return problem === null ? ok(new URL(value)) : err(pluginError('invalid', `the URL of the webhook cannot be used: ${problem}`))
  }

  #headers(body: Body, dedupeKey: string): Result<Record<string, string>, PluginError> {
    const { auth_header_env, secret_env } = this.#config
    const headers: Record<string, string> = {
      ...this.#config.headers,
      'content-type': body.contentType,
      'user-agent': 'homesec',
      'idempotency-key': dedupeKey,
    }
    if (auth_header_env !== undefined) {
      const value = this.#secret(auth_header_env)
      if (!value.ok) return value
      headers['authorization'] = value.value
    }
    if (secret_env !== undefined) {
      const secret = this.#secret(secret_env)
      if (!secret.ok) return secret
      const timestamp = String(Math.floor(this.#host.clock.now().getTime() / 1000))
      headers['x-homesec-timestamp'] = timestamp
      headers['x-homesec-signature'] = signatureOf(secret.value, timestamp, body.content)
    }
    return ok(headers)
  }

  /** A secret that is configured and missing is never left out in silence. */
  #secret(envName: string): Result<string, PluginError> {
    const value = this.#host.secrets.get(envName)
    if (value === undefined) return err(pluginError('rejected', `the environment variable ${envName} is not set`))
    // Node would refuse it too, with the value in its error.
    if (!/^[\t\x20-\x7e]+$/.test(value))
      return err(pluginError('rejected', `the environment variable ${envName} has characters a header cannot take`))
    return ok(value)
  }
}
