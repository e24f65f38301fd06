import { setMaxListeners } from 'node:events'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { attempt, type Result } from '../../contracts/result.ts'
import { followAbort } from '../follow-abort.ts'
import { within } from '../within.ts'
import { StorageFault, fault } from './fault.ts'

/** A call that hears of its cancellation ends at once. One that hangs in a dead mount must not hold up a shutdown. */
const CLOSE_WITHIN_MS = 5_000

/** The calls of one storage that are under way: cancelled together when it closes, and failing as values. */
export class StorageCalls implements AsyncDisposable {
  readonly #closed = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #toError: (cause: unknown) => PluginError
  readonly #closeWithinMs: number

  /** @param toError what an exception of the library means; not asked about faults and cancelled calls. */
  constructor(toError: (cause: unknown) => PluginError, closeWithinMs = CLOSE_WITHIN_MS) {
    this.#toError = toError
    this.#closeWithinMs = closeWithinMs
    setMaxListeners(0, this.#closed.signal) // one for each call under way
  }

  /** Runs `work` with a signal that aborts when the caller's does or the storage closes. */
  run<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>): Promise<Result<T, PluginError>> {
    const limit = new AbortController()
    setMaxListeners(0, limit.signal)
    const running = attempt(
      async () => {
        if (this.#closed.signal.aborted) throw fault('cancelled', 'the storage is closed')
        using _caller = followAbort(limit, signal)
        using _close = followAbort(limit, this.#closed.signal)
        limit.signal.throwIfAborted()
        return await work(limit.signal)
      },
      (cause) => {
        if (limit.signal.aborted) return pluginError('cancelled', 'the storage operation was cancelled')
        return cause instanceof StorageFault ? cause.error : this.#toError(cause)
      },
    )
    this.keep(running)
    return running
  }

  /** Makes closing wait for `work` too. It must not reject. */
  keep(work: Promise<unknown>): void {
    const settled = work.then(() => void this.#underWay.delete(settled))
    this.#underWay.add(settled)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await within(this.#ended(), this.#closeWithinMs, new AbortController().signal)
  }

  async #ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }
}
