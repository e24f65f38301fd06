import { z } from 'zod'
import { isAboutAlerts, type Alert, type AlertMedia, type SystemAlert } from '../../../contracts/alert.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { httpCall, isCutSuccess, type HttpAnswer, type HttpCall } from '../../../lib/http-call.ts'
import { LimitedCalls } from '../../../lib/limited-calls.ts'
import { underUrl } from '../../../lib/service-url.ts'
import { isTopic, TOPIC_RULE, type NtfyConfig } from './config.ts'
import { ntfyError, refusesPicture, refusesPriority } from './ntfy-errors.ts'
import { alertPublication, sequenceId, systemPublication, type Publication } from './publication.ts'

type Done<T = void> = Promise<Result<T, PluginError>>

/** A message that was taken; anything else with status 200 comes from somebody in between. */
const PublishedSchema = z.object({ id: z.string(), event: z.literal('message') })

/** What a phone does not show: refused for each of these, after the right to write was checked. */
const UNPUBLISHABLE = { priority: 'none', 'x-delay': 'never' }

/** Publishes alerts to a topic. Phones replace the first alert of an event by its verdict, and drop it when it is withdrawn. */
export class NtfyNotifier implements Notifier {
  readonly #config: NtfyConfig
  readonly #host: Pick<PluginHost, 'clock' | 'log' | 'secrets'>
  readonly #calls: LimitedCalls

  constructor(config: NtfyConfig, host: Pick<PluginHost, 'clock' | 'log' | 'secrets'>) {
    this.#config = config
    this.#host = host
    this.#calls = new LimitedCalls('ntfy', config.timeout_s * 1000)
  }

  send(alert: Alert, { thumbnail }: AlertMedia, signal: AbortSignal): Done {
    return this.#calls.run(signal, async (limited) => {
      if (alert.stage === 'withdrawn') return this.#withdraw(alert, limited)
      const picture = this.#config.include_thumbnail ? thumbnail : null
      const published = await this.#publish(alertPublication(alert, picture, this.#config), limited)
      if (!published.ok || picture === null || !refusesPicture(published.value)) return this.#judge(published)
      this.#host.log.warn({ event_type: 'ntfy_picture_refused' }, 'ntfy refused the picture, sending the alert without it')
      return this.#judge(await this.#publish(alertPublication(alert, null, this.#config), limited))
    })
  }

  sendSystem(alert: SystemAlert, signal: AbortSignal): Done {
    return this.#calls.run(signal, async (limited) =>
      this.#config.system || isAboutAlerts(alert)
        ? this.#judge(await this.#publish(systemPublication(alert, this.#config), limited))
        : ok(),
    )
  }

  /**
   * Asks for the right to read the topic, which mostly goes with the right to write. An account that may only write is asked to publish what
   * cannot be published: if that is what it is refused for, it may write.
   */
  ping(signal: AbortSignal): Done {
    return this.#calls.run(signal, async (limited) => {
      const read = await this.#call({ method: 'GET', path: ['auth'], headers: {} }, limited)
      if (!read.ok) return read
      if (read.value.status === 200) return ok()
      if (read.value.status !== 403 || this.#credentialKeys() === null) return this.#refused(read.value)
      const written = await this.#publish({ headers: UNPUBLISHABLE, body: '' }, limited)
      if (!written.ok) return written
      return refusesPriority(written.value) ? ok() : this.#refused(written.value)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
  }

  /** A server from before 2.16 knows no way to withdraw and answers 404: then nothing more is said. */
  async #withdraw(alert: Alert, signal: AbortSignal): Done {
    const deleted = await this.#call({ method: 'DELETE', path: [sequenceId(alert)], headers: {} }, signal)
    if (!deleted.ok) return deleted
    return [200, 404, 405].includes(deleted.value.status) ? ok() : this.#refused(deleted.value)
  }

  #publish({ headers, body }: Publication, signal: AbortSignal): Done<HttpAnswer> {
    return this.#call({ method: 'PUT', path: [], headers, body }, signal)
  }

  async #call(
    request: Pick<HttpCall, 'method' | 'headers' | 'body'> & { readonly path: readonly string[] },
    signal: AbortSignal,
  ): Done<HttpAnswer> {
    const topic = this.#topic()
    if (!topic.ok) return topic
    const authorization = this.#authorization()
    if (!authorization.ok) return authorization
    const { path, ...rest } = request
    const url = underUrl(this.#config.url, topic.value, ...path)
    const headers = { ...request.headers, ...authorization.value, 'user-agent': 'homesec' }
    return ok(await httpCall({ ...rest, url, headers, verifyTls: this.#config.verify_tls }, signal))
  }

  #judge(answer: Result<HttpAnswer, PluginError>): Result<void, PluginError> {
    if (!answer.ok) return answer
    const isTaken = (answer.value.status === 200 && isPublished(answer.value.body)) || isCutSuccess(answer.value)
    return isTaken ? ok() : this.#refused(answer.value)
  }

  #refused(answer: HttpAnswer): Result<void, PluginError> {
    return err(ntfyError(answer, this.#credentialKeys(), this.#host.clock.now()))
  }

  #credentialKeys(): string | null {
    const { token_env, username_env, password_env } = this.#config
    if (token_env !== undefined) return token_env
    return username_env === undefined || password_env === undefined ? null : `${username_env} and ${password_env}`
  }

  #topic(): Result<string, PluginError> {
    const { topic, topic_env = '' } = this.#config
    const name = topic ?? this.#host.secrets.get(topic_env)?.trim()
    if (name !== undefined && isTopic(name)) return ok(name)
    const why = name === undefined ? 'is not set' : `holds no topic: ${TOPIC_RULE}`
    return err(pluginError('invalid', `the environment variable ${topic_env} ${why}`))
  }

  #authorization(): Result<Readonly<Record<string, string>>, PluginError> {
    const { token_env, username_env, password_env } = this.#config
    if (token_env !== undefined) {
      const token = this.#secret(token_env)
      return token.ok ? ok({ authorization: `Bearer ${token.value}` }) : token
    }
    if (username_env === undefined || password_env === undefined) return ok({})
    const user = this.#secret(username_env)
    if (!user.ok) return user
    const password = this.#secret(password_env)
    return password.ok ? ok({ authorization: `Basic ${Buffer.from(`${user.value}:${password.value}`).toString('base64')}` }) : password
  }

  /** One that is configured and missing is never left out in silence: then a protected topic would look like an outage. */
  #secret(envName: string): Result<string, PluginError> {
    const value = this.#host.secrets.get(envName)
    if (value === undefined) return err(pluginError('rejected', `the environment variable ${envName} is not set`))
    if (envName === this.#config.token_env && !/^[\x21-\x7e]+$/.test(value))
      return err(pluginError('rejected', `the environment variable ${envName} has characters a token cannot have`))
    return ok(value)
  }
}

function isPublished(body: string): boolean {
  try {
    return PublishedSchema.safeParse(JSON.parse(body)).success
  } catch {
    return false
  }
}
