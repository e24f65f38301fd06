import { setMaxListeners } from 'node:events'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../contracts/result.ts'
import { orAborted, startDeadline } from './deadline.ts'

/** A slow computer may compile a model for minutes; one that takes longer than this hangs. */
const TRY_OUT_WITHIN_MS = 5 * 60_000

type Answer = Result<unknown, PluginError>

/**
 * Whether a detector works, as its jobs show. It is tried out only until it has worked, and again after a failure: asking a detector that
 * works neither waits behind its jobs nor keeps its model in memory.
 */
export class DetectorEvidence implements AsyncDisposable {
  readonly #tryOut: (signal: AbortSignal) => Promise<Answer>
  readonly #closed = new AbortController()
  #works = false
  #trying: Promise<Answer> | null = null

  constructor(tryOut: (signal: AbortSignal) => Promise<Answer>) {
    this.#tryOut = tryOut
    setMaxListeners(0, this.#closed.signal)
  }

  /** Hears how a job ended. A bad video speaks for the detector that noticed, and a job that was stopped says nothing. */
  note(answer: Answer): void {
    if (answer.ok || answer.error.kind === 'invalid') this.#works = true
    else if (answer.error.kind !== 'cancelled') this.#works = false
  }

  /** @param signal ends the waiting only: a model that is being loaded goes on loading, for whoever asks next. */
  async ask(signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (signal.aborted || this.#closed.signal.aborted) return err(stopped())
    if (this.#works) return ok()
    const trying = (this.#trying ??= this.#try().finally(() => (this.#trying = null)))
    const waited = await attempt(() => orAborted(trying, signal), stopped)
    if (!waited.ok) return waited
    return waited.value.ok ? ok() : waited.value
  }

  async #try(): Promise<Answer> {
    using deadline = startDeadline(TRY_OUT_WITHIN_MS, this.#closed.signal)
    const answer = await this.#tryOut(deadline.signal)
    this.note(answer)
    const hung = deadline.signal.aborted && !this.#closed.signal.aborted
    return hung ? err(pluginError('timeout', 'the detector did not come up')) : answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#trying
  }
}

function stopped(): PluginError {
  return pluginError('cancelled', 'the detection was stopped')
}
