import type { Clock } from '../../../contracts/clock.ts'
import type { PluginError } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import type { Result } from '../../../contracts/result.ts'

/** A disk stays full for hours. */
const AGAIN_AFTER_MS = 30_000

/** Logs what goes wrong with recordings; the same again only now and then. */
export class TroubleLog {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #log: Logger
  #last = { message: '', atMs: -Infinity }

  constructor(clock: Pick<Clock, 'monotonicMs'>, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  hear(outcome: Result<void, PluginError>): void {
    if (outcome.ok) return
    const { kind, message } = outcome.error
    const nowMs = this.#clock.monotonicMs()
    if (message === this.#last.message && nowMs - this.#last.atMs < AGAIN_AFTER_MS) return
    this.#last = { message, atMs: nowMs }
    this.#log.error({ event_type: 'recording_trouble', kind, reason: message }, 'a recording is in trouble; trying again')
  }
}
