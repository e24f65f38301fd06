import { setMaxListeners } from 'node:events'
import type { SystemAlert } from '../contracts/alert.ts'
import type { Clock } from '../contracts/clock.ts'
import { isRetryable, pluginError, type PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Result } from '../contracts/result.ts'
import { retryDelayMs, type RetryPolicy } from '../lib/retry.ts'
import type { NotifierSlot } from './announce-clip.ts'
import { callPlugin } from './call-plugin.ts'

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
  readonly #underWay = new Set<Promise<void>>()
  readonly #stop = new AbortController()

  constructor(deps: SystemAlertDeps) {
    this.#deps = deps
    setMaxListeners(0, this.#stop.signal)
  }

  /** @param topic what makes two alerts the same one; by default code, camera and clip. */
  raise(news: SystemNews, topic = `${news.code} ${news.camera_name ?? ''} ${news.clip_id ?? ''}`): void {
    if (!this.#isNews(topic)) return
    const message = this.#deps.redact(news.message)
    const alert: SystemAlert = { ...news, message, ts: this.#deps.clock.now().toISOString() }
    const level = news.severity === 'warning' ? 'warn' : news.severity
    this.#deps.log[level]({ event_type: news.code, clip_id: news.clip_id, camera_name: news.camera_name }, message)
    for (const slot of this.#deps.notifiers) this.#track(this.#deliver(slot, alert))
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

  #track(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  async #deliver(slot: NotifierSlot, alert: SystemAlert): Promise<void> {
    const { clock, retry, log } = this.#deps
    for (let tries = 1; ; tries += 1) {
      const sent = await this.#send(slot, alert)
      if (sent.ok) return
      if (!isRetryable(sent.error.kind) || tries >= retry.maxAttempts || this.#stop.signal.aborted) {
        const fields = { event_type: 'system_alert_not_delivered', notifier: slot.name, kind: sent.error.kind }
        log.warn({ ...fields, error: this.#deps.redact(sent.error.message) }, 'a notifier did not take the news')
        return
      }
      await clock.sleep(retryDelayMs(tries + 1, retry.backoffMs, 0.5, { atLeastMs: sent.error.retryAfterMs ?? 0 }), this.#stop.signal)
    }
  }

  async #send({ notifier, slots, name }: NotifierSlot, alert: SystemAlert): Promise<Result<void, PluginError>> {
    using slot = await slots.acquire(this.#stop.signal, 'backlog')
    if (slot === null) return { ok: false, error: pluginError('cancelled', 'shutting down') }
    const call = { plugin: name, timeoutMs: this.#deps.timeoutMs, signal: this.#stop.signal }
    return await callPlugin(call, (signal) => notifier.sendSystem(alert, signal))
  }
}
