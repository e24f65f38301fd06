import { isAboutAlerts, type Alert, type AlertMedia, type SystemAlert } from '../../../contracts/alert.ts'
import type { PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { ok, type Result } from '../../../contracts/result.ts'
import { LimitedCalls } from '../../../lib/limited-calls.ts'
import { Semaphore } from '../../../lib/semaphore.ts'
import type { PushoverConfig } from './config.ts'
import { alertMessage, systemMessage } from './message.ts'
import { PushoverApi } from './pushover-api.ts'

/** What Pushover allows at once, https://pushover.net/api#friendly */
const MOST_AT_ONCE = 2

/**
 * Sends each alert as a push message. Pushover cannot change one: a verdict is a second message, and a withdrawal is silent unless wanted.
 * What can be taken back is the repeating of an emergency, and so it is.
 */
export class PushoverNotifier implements Notifier {
  readonly #config: PushoverConfig
  readonly #api: PushoverApi
  readonly #calls: LimitedCalls
  readonly #slots = new Semaphore(MOST_AT_ONCE)

  constructor(config: PushoverConfig, host: Pick<PluginHost, 'secrets' | 'clock'>) {
    this.#config = config
    this.#api = new PushoverApi(config, host)
    this.#calls = new LimitedCalls('Pushover', config.timeout_s * 1000)
  }

  send(alert: Alert, media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#call(signal, async (limited) => {
      const isWithdrawn = alert.stage === 'withdrawn'
      const quieted = media.replaces === null ? ok() : await this.#api.cancel(media.replaces, limited)
      // Whoever is told of a verdict can confirm the first alert by hand. After a withdrawal nothing may go on sounding.
      if (isWithdrawn && (!quieted.ok || !this.#config.withdrawals)) return quieted
      const picture = this.#config.include_thumbnail && !isWithdrawn ? media.thumbnail : null
      const receipt = await this.#api.send(alertMessage(alert, this.#config), picture, limited)
      if (!receipt.ok) return receipt
      if (receipt.value !== null) media.onReceipt?.(receipt.value)
      return ok()
    })
  }

  sendSystem(alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#call(signal, async (limited) => {
      if (!this.#config.system && !isAboutAlerts(alert)) return ok()
      const sent = await this.#api.send(systemMessage(alert, this.#config), null, limited)
      return sent.ok ? ok() : sent
    })
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#call(signal, (limited) => this.#api.validate(limited))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#calls[Symbol.asyncDispose]()
  }

  #call(signal: AbortSignal, work: (limited: AbortSignal) => Promise<Result<void, PluginError>>): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      using slot = await this.#slots.acquire(limited)
      if (slot === null) throw new Error('aborted while waiting')
      return await work(limited)
    })
  }
}
