import type { Clock } from '../contracts/clock.ts'
import type { LogRow, LogStore } from '../contracts/repository.ts'
import { every } from '../lib/every.ts'
import { LOG_LEVELS, type LogLevel, type LogLine } from './logger.ts'

const MOST_WAITING = 5_000
const MOST_PER_WRITE = 500
const WRITE_EVERY_MS = 2_000
const PRUNE_EVERY_MS = 3_600_000
const DAY_MS = 86_400_000

export interface LogShipperOptions {
  readonly level: LogLevel
  readonly maxAgeDays: number
  readonly maxRows: number
}

/** Keeps log lines in the database: best effort, bounded, silent about its own failures so that it never feeds itself. */
export class LogShipper implements AsyncDisposable {
  readonly #waiting: LogRow[] = []
  readonly #timers: readonly AsyncDisposable[]
  readonly #store: LogStore
  readonly #options: LogShipperOptions

  constructor(store: LogStore, clock: Clock, options: LogShipperOptions) {
    this.#store = store
    this.#options = options
    const ignore = () => undefined
    this.#timers = [
      every(WRITE_EVERY_MS, clock, (signal) => this.#write(signal), ignore),
      every(PRUNE_EVERY_MS, clock, (signal) => this.#prune(signal), ignore),
    ]
  }

  take({ ts, level, message, fields }: LogLine): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.#options.level)) return
    const { clip_id, camera_name, ...rest } = fields
    this.#waiting.push({ ts, level, message, clip_id: textOrNull(clip_id), camera_name: textOrNull(camera_name), fields: rest })
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) await timer[Symbol.asyncDispose]()
    await this.#write(AbortSignal.timeout(1_000))
  }

  async #write(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length > 0 && !signal.aborted) {
      // Taken out first: what arrives meanwhile may push the oldest out.
      const rows = this.#waiting.splice(0, MOST_PER_WRITE)
      const written = await this.#store.append(rows, signal)
      if (written.ok) continue
      this.#waiting.unshift(...rows.slice(Math.max(0, rows.length + this.#waiting.length - MOST_WAITING)))
      return
    }
  }

  async #prune(signal: AbortSignal): Promise<void> {
    const limits = { maxAgeMs: this.#options.maxAgeDays * DAY_MS, maxRows: this.#options.maxRows }
    const pruned = await this.#store.prune(limits, signal)
    if (!pruned.ok) return // tried again in an hour
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
