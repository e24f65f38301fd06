import type { AnalysisOutput, AnalysisRequest, VlmAnalyzer } from '../contracts/analyzer.ts'
import type { VlmUsage } from '../contracts/analysis.ts'
import { pluginError, type ErrorKind, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { anAnalysis } from './builders.ts'

export type ScriptedAnswer =
  | { readonly do: 'judge'; readonly usd?: number }
  /** An answer of no use that was paid for, then this error. */
  | { readonly do: 'fail'; readonly kind: ErrorKind; readonly retryAfterMs?: number; readonly usd?: number }
  /** Until it is aborted; `deaf` not even then. */
  | { readonly do: 'hang'; readonly deaf?: boolean }
  | { readonly do: 'throw' }

/** An analyzer that does as it is told, the last thing again and again. */
export class ScriptedAnalyzer implements VlmAnalyzer {
  readonly requests: AnalysisRequest[] = []
  /** Resolves once it was asked. */
  readonly started: Promise<void>
  #tellStarted: () => void = () => undefined
  closed = false
  pingError: PluginError | null = null
  readonly #model: string
  readonly #script: ScriptedAnswer[]

  constructor(model: string, ...script: readonly ScriptedAnswer[]) {
    this.#model = model
    this.#script = [...script]
    this.started = new Promise((resolve) => {
      this.#tellStarted = resolve
    })
  }

  /** Replaces what is left of the script. */
  now(...script: readonly ScriptedAnswer[]): void {
    this.#script.splice(0, Infinity, ...script)
  }

  async analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    this.requests.push(request)
    this.#tellStarted()
    const answer = (this.#script.length > 1 ? this.#script.shift() : this.#script[0]) ?? { do: 'judge' }
    switch (answer.do) {
      case 'judge':
        return ok({ analysis: anAnalysis({ activity_type: 'delivery' }), usage: this.#usage(answer.usd ?? null) })
      case 'fail': {
        if (answer.usd !== undefined) request.onUsage?.(this.#usage(answer.usd))
        const error = pluginError(answer.kind, `${this.#model} failed`)
        return err(answer.retryAfterMs === undefined ? error : { ...error, retryAfterMs: answer.retryAfterMs })
      }
      case 'hang':
        await new Promise((resolve) => {
          if (answer.deaf !== true) signal.addEventListener('abort', resolve)
        })
        return err(pluginError('cancelled', 'aborted'))
      case 'throw':
        throw new Error('a bug')
    }
  }

  async ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    if (signal.aborted) return err(pluginError('cancelled', 'aborted'))
    return this.pingError === null ? ok({ model: this.#model }) : err(this.pingError)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
  }

  #usage(cost_usd: number | null): VlmUsage {
    return { model: this.#model, prompt_tokens: 1000, completion_tokens: 100, cost_usd }
  }
}
