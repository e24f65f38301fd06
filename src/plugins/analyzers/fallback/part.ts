import type { AnalysisOutput, AnalysisRequest, VlmAnalyzer } from '../../../contracts/analyzer.ts'
import type { Clock } from '../../../contracts/clock.ts'
import { messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { orAborted, startDeadline } from '../../../lib/deadline.ts'
import { admit, CLOSED, settle, type Breaker, type BreakerPolicy } from './breaker.ts'

export interface PartOptions {
  readonly name: string
  readonly free: boolean
  readonly timeoutMs: number
  readonly breaker: BreakerPolicy
}

/** A ping is a question of seconds, whatever a judgement may take. */
const PING_TIMEOUT_MS = 8000

/** One model of the list: asked within its time, and left alone for a while when it fails. */
export class Part {
  readonly name: string
  readonly #analyzer: VlmAnalyzer
  readonly #options: PartOptions
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #breaker: Breaker = CLOSED
  #lastError: PluginError = pluginError('unavailable', 'it is being tried by another clip')

  constructor(analyzer: VlmAnalyzer, options: PartOptions, clock: Pick<Clock, 'monotonicMs'>) {
    this.name = options.name
    this.#analyzer = analyzer
    this.#options = options
    this.#clock = clock
  }

  get worksForFree(): boolean {
    return this.#options.free || this.#analyzer.worksForFree === true
  }

  /** What it said last, for those it is not asked for. */
  get lastError(): PluginError {
    return this.#lastError
  }

  /** How long it is left alone; null: not at all. */
  get againInMs(): number | null {
    return this.#breaker.state === 'open' ? Math.max(0, this.#breaker.untilMs - this.#clock.monotonicMs()) : null
  }

  /** @returns null when it is left alone for now. */
  async analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError> | null> {
    const admitted = admit(this.#breaker, this.#clock.monotonicMs())
    if (admitted === null) return null
    this.#breaker = admitted
    const { free, breaker, timeoutMs } = this.#options
    const result = await within(timeoutMs, signal, (stop) => this.#analyzer.analyze(free ? withoutBill(request) : request, stop))
    this.#breaker = settle(this.#breaker, result, breaker, this.#clock.monotonicMs())
    if (!result.ok) {
      if (result.error.kind !== 'cancelled') this.#lastError = result.error
      return result
    }
    return free ? ok({ ...result.value, usage: { ...result.value.usage, cost_usd: 0 }, free: true }) : result
  }

  ping(signal: AbortSignal): ReturnType<VlmAnalyzer['ping']> {
    return within(PING_TIMEOUT_MS, signal, (stop) => this.#analyzer.ping(stop))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#analyzer[Symbol.asyncDispose]()
  }
}

/** What is free is no part of what was paid. */
function withoutBill({ onUsage: _unheard, ...request }: AnalysisRequest): AnalysisRequest {
  return request
}

/** `cancelled` means that `signal` aborted, and nothing else does. Never hangs, even if `work` ignores its signal. */
async function within<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (stop: AbortSignal) => Promise<Result<T, PluginError>>,
): Promise<Result<T, PluginError>> {
  using deadline = startDeadline(timeoutMs, signal)
  const called = await attempt(
    () => orAborted(work(deadline.signal), deadline.signal),
    (cause) => pluginError('bug', `it threw instead of returning an error: ${messageOf(cause)}`, cause),
  )
  const result = called.ok ? called.value : called
  if (result.ok) return result
  if (signal.aborted) return err(pluginError('cancelled', 'the judgement was cancelled'))
  if (deadline.signal.aborted) return err(pluginError('timeout', `no answer within ${timeoutMs / 1000} s`))
  return result.error.kind === 'cancelled' ? err(pluginError('unavailable', 'it broke off')) : result
}
