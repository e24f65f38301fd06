import { setMaxListeners } from 'node:events'
import type { SystemAlert } from '../../contracts/alert.ts'
import type { Clock } from '../../contracts/clock.ts'
import { isRetryable, pluginError, type PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import type { Result } from '../../contracts/result.ts'
import { retryDelayMs, type RetryPolicy } from '../../lib/retry.ts'
import type { NotifierSlot } from './deliver-alert.ts'
import { callPlugin } from '../stages/call-plugin.ts'

export type SystemNews = Omit<SystemAlert, 'ts'>

export interface SystemAlertDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly notifiers: readonly NotifierSlot[]
  readonly redact: (text: string) => string
}

/** The same trouble is told once in this time, however often it strikes. */
const REPEAT_AFTER_MS = 10 * 60_000
const MOST_REMEMBERED = 1000

/** Tells the owner about HomeSec itself: one log line, one message to every notifier. `raise` never blocks and never fails. */
export class SystemAlerts implements AsyncDisposable {
  readonly #deps: SystemAlertDeps
  readonly #lastToldMs = new Map<string, number>()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #stop = new AbortController()

  constructor(deps: SystemAlertDeps) {
    this.#deps = deps
    setMaxListeners(0, this.#stop.signal)
  }

  /** @param topic what makes two alerts the same one; by default code, camera and clip. */
  raise(news: SystemNews, topic = `${news.code} ${news.camera_name ?? ''} ${news.clip_id ?? ''}`): void {
    if (!this.#isNews(topic)) return
    const alert = this.#write(news)
    for (const slot of this.#deps.notifiers) this.#track(this.#deliver(slot, alert, this.#stop.signal, this.#deps.retry.maxAttempts))
  }

  /**
   * For news that must arrive: each notifier is tried until it takes or refuses them, or `signal` aborts.
   * @returns true as soon as the first has taken them; false when none did. Never rejects.
   */
  async tell(news: SystemNews, signal: AbortSignal): Promise<boolean> {
    const alert = this.#write(news)
    const { notifiers } = this.#deps
    if (notifiers.length === 0) return true // the log is all there is
    const deliveries = notifiers.map((slot) => this.#deliver(slot, alert, signal, Number.POSITIVE_INFINITY))
    return new Promise((resolve) => {
      for (const delivery of deliveries) this.#track(delivery.then((taken) => (taken ? resolve(true) : undefined)))
      void Promise.all(deliveries).then((taken) => resolve(taken.includes(true)))
    })
  }

  /** For news that concern one notifier alone. @returns whether it has taken them. Never rejects. */
  async tellOnly(notifier: string, news: SystemNews, signal: AbortSignal): Promise<boolean> {
    const slot = this.#deps.notifiers.find(({ name }) => name === notifier)
    return slot !== undefined && this.#deliver(slot, this.#write(news), signal, 1)
  }

  #write(news: SystemNews): SystemAlert {
    const message = this.#deps.redact(news.message)
    const level = news.severity === 'warning' ? 'warn' : news.severity
    this.#deps.log[level]({ event_type: news.code, clip_id: news.clip_id, camera_name: news.camera_name }, message)
    return { ...news, message, ts: this.#deps.clock.now().toISOString() }
  }

  /** Messages under way get a moment, then are given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    const giveUp = setTimeout(() => this.#stop.abort(), 2_000)
    await Promise.all(this.#underWay)
    clearTimeout(giveUp)
    this.#stop.abort()
  }

  #isNews(topic: string): boolean {
    const nowMs = this.#deps.clock.monotonicMs()
    const last = this.#lastToldMs.get(topic)
    if (last !== undefined && nowMs - last < REPEAT_AFTER_MS) return false
    this.#lastToldMs.delete(topic)
    this.#lastToldMs.set(topic, nowMs)
    const oldest = this.#lastToldMs.keys().next()
    if (this.#lastToldMs.size > MOST_REMEMBERED && !oldest.done) this.#lastToldMs.delete(oldest.value)
    return true
  }

  #track(work: Promise<unknown>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  async #deliver(slot: NotifierSlot, alert: SystemAlert, signal: AbortSignal, mostTries: number): Promise<boolean> {
    const { clock, retry, log } = this.#deps
    for (let tries = 1; ; tries += 1) {
      const sent = await this.#send(slot, alert, signal)
      if (sent.ok) return true
      if (!isRetryable(sent.error.kind) || tries >= mostTries || signal.aborted) {
        const fields = { event_type: 'system_alert_not_delivered', notifier: slot.name, kind: sent.error.kind }
        log.warn({ ...fields, error: this.#deps.redact(sent.error.message) }, 'a notifier did not take the news')
        return false
      }
      await clock.sleep(
        retryDelayMs(tries + 1, retry.backoffMs, 0.5, { capMs: REPEAT_AFTER_MS, atLeastMs: sent.error.retryAfterMs ?? 0 }),
        signal,
      )
    }
  }

  async #send({ notifier, slots, name }: NotifierSlot, alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    using slot = await slots.acquire(signal, 'backlog')
    if (slot === null) return { ok: false, error: pluginError('cancelled', 'shutting down') }
    const call = { plugin: name, timeoutMs: this.#deps.timeoutMs, signal }
    return await callPlugin(call, (deadline) => notifier.sendSystem(alert, deadline))
  }
}
