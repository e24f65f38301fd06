import type { QueryResultRow } from 'pg'
import type { Clock } from '../contracts/clock.ts'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { orAborted } from '../lib/deadline.ts'
import { retryDelayMs } from '../lib/retry.ts'
import { describeFailure } from './pg-errors.ts'
import { openSession, type DatabaseAddress, type Session, type SessionTimeouts } from './session.ts'

/** The one way the stores reach Postgres. Returns failures, never throws. */
export interface Sql {
  query<Row extends QueryResultRow>(text: string, values: readonly unknown[], signal: AbortSignal): Promise<Result<Row[], PluginError>>
}

export interface ConnectionOptions {
  /** Where the server is now; null while it is starting. */
  readonly address: () => DatabaseAddress | null
  readonly schema: string
  readonly clock: Clock
  readonly log: Logger
  readonly timeouts: SessionTimeouts
  /** Every time the database becomes usable, also after an outage. */
  readonly onReady: () => void
  /** The server answered that its files are damaged. */
  readonly onDamaged: () => void
}

const FIRST_BACKOFF_MS = 250
const MAX_BACKOFF_MS = 30_000

/**
 * Connects in the background and re-connects for ever, migrating each time.
 *
 * While there is no server every call returns `unavailable` at once: only the first call that meets a dead server pays for a timeout.
 */
export class Connection implements Sql, AsyncDisposable {
  readonly #options: ConnectionOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #session: Session | null = null
  #lastError = pluginError('unavailable', 'database: not connected yet')
  #wake = new AbortController()

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#running = this.#keepConnected()
  }

  async query<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<Result<Row[], PluginError>> {
    if (signal.aborted) return err(pluginError('cancelled', 'database: cancelled'))
    const session = this.#session
    if (session === null) return err({ ...this.#lastError, kind: 'unavailable' })
    try {
      const answer = session.pool.query<Row>(text, [...values])
      answer.catch(() => undefined) // it may fail after we stopped waiting
      const { rows } = await orAborted(orAborted(answer, session.lost), signal)
      return ok(rows)
    } catch (cause) {
      return err(isAborted(signal) ? pluginError('cancelled', 'database: cancelled', cause) : this.#judge(cause, session))
    }
  }

  /** Somebody knows that the server may be there now: try at once instead of after the pause. */
  retryNow(): void {
    this.#wake.abort()
  }

  /** Somebody knows that the server is gone, also when no call has met it yet. */
  lose(): void {
    this.#session?.lose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#wake.abort()
    this.#session?.lose()
    await this.#running
  }

  #judge(cause: unknown, session: Session): PluginError {
    const { error, connectionLost, damaged } = describeFailure(cause)
    if (connectionLost) {
      this.#lastError = error
      session.lose()
      if (this.#session === session) this.#session = null
    }
    if (damaged) this.#options.onDamaged()
    return error
  }

  async #keepConnected(): Promise<void> {
    const { clock, log } = this.#options
    for (let failures = 0; !this.#stop.signal.aborted;) {
      const opened = await this.#open()
      if (opened.ok) {
        failures = 0
        await this.#serve(opened.value)
        continue
      }
      failures += 1
      // The embedded server says itself when it starts and why it does not.
      const isNews = this.#options.address() !== null && (opened.error.message !== this.#lastError.message || failures === 1)
      if (isNews) {
        log.warn(
          { event_type: 'database_unavailable', kind: opened.error.kind, reason: opened.error.message },
          'database not reachable, going on without',
        )
      }
      this.#lastError = opened.error
      this.#wake = new AbortController()
      if (isAborted(this.#stop.signal)) return
      await clock.sleep(retryDelayMs(failures + 1, FIRST_BACKOFF_MS, Math.random(), { capMs: MAX_BACKOFF_MS }), this.#wake.signal)
    }
  }

  async #open(): Promise<Result<Session, PluginError>> {
    const { address, schema, timeouts } = this.#options
    const where = address()
    if (where === null) return err(pluginError('unavailable', 'database: the server is starting'))
    return openSession(where, schema, timeouts, this.#stop.signal)
  }

  async #serve(session: Session): Promise<void> {
    if (this.#stop.signal.aborted) {
      await session[Symbol.asyncDispose]()
      return
    }
    this.#session = session
    this.#options.log.info({ event_type: 'database_ready' }, 'database ready')
    this.#options.onReady()
    if (!session.lost.aborted) await new Promise((resolve) => session.lost.addEventListener('abort', resolve, { once: true }))
    this.#session = null
    if (!isAborted(this.#stop.signal)) {
      this.#options.log.warn({ event_type: 'database_lost', reason: this.#lastError.message }, 'database lost, going on without')
    }
    await session[Symbol.asyncDispose]()
  }
}

/** Asked again after an `await`, where the compiler would believe that nothing can have changed. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
