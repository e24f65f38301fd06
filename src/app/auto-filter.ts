import { setMaxListeners } from 'node:events'
import type { Clock } from '../contracts/clock.ts'
import type { FilterResult } from '../contracts/detection.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { FilterOverrides, ObjectFilter } from '../contracts/filter.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Result } from '../contracts/result.ts'
import { systemClock } from '../lib/system-clock.ts'

export interface AutoFilterParts {
  readonly yolo: ObjectFilter
  readonly hog: ObjectFilter
  readonly log: Logger
  readonly clock?: Pick<Clock, 'monotonicMs' | 'sleep'>
}

/** Loading a model that is there takes a second or two; a small download on a good line as well. */
const PATIENCE_MS = 5000
const RETRY_MS = 60_000

/** yolo if its model is there or can be fetched, else hog, saying so once. Goes over to yolo as soon as the model is there. */
export function autoFilter(parts: AutoFilterParts): ObjectFilter {
  return new AutoFilter(parts)
}

class AutoFilter implements ObjectFilter {
  readonly #yolo: ObjectFilter
  readonly #hog: ObjectFilter
  readonly #log: Logger
  readonly #clock: Pick<Clock, 'monotonicMs' | 'sleep'>
  readonly #closed = new AbortController()
  #ready = false
  #trying: Promise<void> | null = null
  #patience: Promise<void> | null = null
  #nextTryMs = -Infinity
  #told = false

  constructor({ yolo, hog, log, clock = systemClock }: AutoFilterParts) {
    this.#yolo = yolo
    this.#hog = hog
    this.#log = log
    this.#clock = clock
    setMaxListeners(0, this.#closed.signal)
  }

  async detect(videoPath: string, overrides: FilterOverrides, signal: AbortSignal): Promise<Result<FilterResult, PluginError>> {
    const chosen = await this.#choose()
    const detected = await chosen.detect(videoPath, overrides, signal)
    if (chosen === this.#hog || detected.ok || detected.error.kind !== 'rejected') return detected
    this.#fallBack(detected.error.message)
    return this.#hog.detect(videoPath, overrides, signal)
  }

  async ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    const chosen = await this.#choose()
    return chosen.ping(signal)
  }

  async #choose(): Promise<ObjectFilter> {
    if (!this.#ready) {
      if (this.#trying === null && this.#clock.monotonicMs() >= this.#nextTryMs) this.#trying = this.#tryYolo()
      // Only the first clips wait; later ones go through hog while the download goes on behind them.
      this.#patience ??= this.#clock.sleep(PATIENCE_MS, this.#closed.signal)
      await Promise.race([this.#trying, this.#patience])
    }
    if (this.#isReady()) return this.#yolo
    this.#tellFallback('its model is still being fetched or loaded')
    return this.#hog
  }

  /** A call, so that the compiler does not think it knows the answer from before the wait. */
  #isReady(): boolean {
    return this.#ready
  }

  async #tryYolo(): Promise<void> {
    const pinged = await this.#yolo.ping(this.#closed.signal)
    this.#trying = null
    if (this.#closed.signal.aborted) return
    if (!pinged.ok) {
      this.#fallBack(pinged.error.message)
      return
    }
    this.#ready = true
    if (this.#told)
      this.#log.info({ event_type: 'detector_changed', detector: 'yolo', model: pinged.value.model }, 'yolo is ready and takes over')
    this.#told = false
  }

  #fallBack(reason: string): void {
    this.#ready = false
    this.#nextTryMs = this.#clock.monotonicMs() + RETRY_MS
    this.#tellFallback(reason)
  }

  #tellFallback(reason: string): void {
    if (this.#told) return
    this.#told = true
    this.#log.warn(
      { event_type: 'detector_fallback', detector: 'hog', reason },
      'YOLO IS NOT AVAILABLE: looking for people with the weaker hog detector; only upright people nearby are found, no vehicles, no animals',
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#yolo[Symbol.asyncDispose]()
    await this.#hog[Symbol.asyncDispose]()
    await this.#trying
  }
}
