import { codeOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, type Result } from '../contracts/result.ts'
import { isCertificateError } from './certificate-error.ts'
import { startDeadline } from './deadline.ts'
import { followAbort } from './follow-abort.ts'

const CANCELLED = err(pluginError('cancelled', 'the request was cancelled'))

/**
 * Runs the calls of one instance to one service: each within a time limit, ended by its own signal and by disposal, which waits for them.
 * What `work` throws becomes an error without the exception as its cause: that may carry the URL, and URLs of such services are secrets.
 */
export class LimitedCalls implements AsyncDisposable {
  readonly #service: string
  readonly #timeoutMs: number
  readonly #stop = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()

  /** @param service as the owner knows it, e.g. `the webhook` */
  constructor(service: string, timeoutMs: number) {
    this.#service = service
    this.#timeoutMs = timeoutMs
  }

  get disposed(): boolean {
    return this.#stop.signal.aborted
  }

  async run<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<Result<T, PluginError>>): Promise<Result<T, PluginError>> {
    if (signal.aborted || this.disposed) return CANCELLED
    const running = this.#limited(signal, work)
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#underWay)
  }

  async #limited<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<Result<T, PluginError>>): Promise<Result<T, PluginError>> {
    using deadline = startDeadline(this.#timeoutMs, this.#stop.signal)
    const limit = new AbortController()
    using _ofCaller = followAbort(limit, signal)
    using _ofDeadline = followAbort(limit, deadline.signal)
    try {
      return await work(limit.signal)
    } catch (cause) {
      if (signal.aborted || this.disposed) return CANCELLED
      if (deadline.signal.aborted) {
        return err(pluginError('timeout', `${this.#service} did not answer within ${this.#timeoutMs / 1000} s`))
      }
      return err(this.#networkError(cause))
    }
  }

  #networkError(cause: unknown): PluginError {
    const code = codeOf(cause)
    if (isCertificateError(code)) return pluginError('rejected', `the certificate of ${this.#service} is not trusted (${code})`)
    return pluginError('unavailable', `${this.#service} cannot be reached${code === '' ? '' : ` (${code})`}`)
  }
}
