import type { VlmUsage } from '../../../contracts/analysis.ts'
import type { AnalysisOutput, AnalysisRequest, VlmAnalyzer } from '../../../contracts/analyzer.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { unlessStopped } from '../../../lib/vlm/unless-stopped.ts'
import { addUsage } from '../../../lib/vlm/usage.ts'
import { allFailed, type Miss } from './all-failed.ts'
import type { Part } from './part.ts'

/** Asks one model after the other until one judges. */
export class FallbackAnalyzer implements VlmAnalyzer {
  readonly #parts: readonly Part[]
  readonly #log: Logger
  readonly #closing = new AbortController()
  #downBefore = ''

  constructor(parts: readonly Part[], log: Logger) {
    this.#parts = parts
    this.#log = log
  }

  get worksForFree(): boolean {
    return this.#parts.some((part) => part.worksForFree)
  }

  async analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    return unlessStopped(signal, this.#closing.signal, (stop) => this.#judge(request, stop))
  }

  async ping(signal: AbortSignal): ReturnType<VlmAnalyzer['ping']> {
    return unlessStopped(signal, this.#closing.signal, async (stop) => {
      const answers = await Promise.all(this.#parts.map(async (part) => ({ part, answer: await part.ping(stop) })))
      const models = answers.flatMap(({ answer }) => (answer.ok ? [answer.value.model] : []))
      const misses = answers.flatMap(({ part, answer }): Miss[] =>
        answer.ok ? [] : [{ name: part.name, error: answer.error, againInMs: null }],
      )
      if (!stop.aborted) this.#tellOnce(misses)
      if (models.length === 0) return err(allFailed(misses))
      const details = [
        ...misses.map(({ name, error }) => `${name} does not work: ${error.message}`),
        ...answers.flatMap(({ part, answer }) =>
          answer.ok && answer.value.detail !== undefined ? [`${part.name}: ${answer.value.detail}`] : [],
        ),
      ]
      return ok({ model: models.join(', '), ...(details.length === 0 ? {} : { detail: details.join('\n') }) })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#parts.map((part) => part[Symbol.asyncDispose]()))
  }

  async #judge(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    const bill = new Bill(request)
    const misses: Miss[] = []
    for (const part of this.#parts) {
      if (request.may_pay === false && !part.worksForFree) continue
      const answer = await part.analyze(bill.request, signal)
      if (answer?.ok === true) return ok(bill.with(answer.value))
      if (answer?.error.kind === 'cancelled') return answer
      const error = answer?.error ?? part.lastError
      misses.push({ name: part.name, error, againInMs: part.againInMs })
      if (answer !== null)
        this.#log.warn({ event_type: 'vlm_fallback', part: part.name, kind: error.kind }, 'a model gave no judgement, asking the next')
      bill.close()
    }
    if (misses.length === 0) return err(pluginError('rejected', "today's budget is spent, and no model of the list is free"))
    return err(allFailed(misses))
  }

  #tellOnce(misses: readonly Miss[]): void {
    const down = misses.map(({ name }) => name).join(', ')
    if (down === this.#downBefore) return
    this.#downBefore = down
    if (down === '') this.#log.info({ event_type: 'vlm_parts_up' }, 'all models of the fallback list answer')
    else
      this.#log.warn({ event_type: 'vlm_parts_down', parts: misses.map(({ name }) => name) }, 'models of the fallback list do not answer')
  }
}

/** What the models that were paid and gave no judgement cost; it is part of what the judgement of a later one cost. */
class Bill {
  readonly request: AnalysisRequest
  #current: VlmUsage | null = null
  #earlier: VlmUsage | null = null

  constructor(request: AnalysisRequest) {
    this.request = {
      ...request,
      onUsage: (usage) => {
        this.#current = this.#current === null ? usage : addUsage(this.#current, usage)
        request.onUsage?.(usage)
      },
    }
  }

  /** The model asked last gave no judgement. */
  close(): void {
    if (this.#current !== null) this.#earlier = this.#earlier === null ? this.#current : addUsage(this.#earlier, this.#current)
    this.#current = null
  }

  /** The judgement with all that was paid for it. */
  with(output: AnalysisOutput): AnalysisOutput {
    return this.#earlier === null ? output : { ...output, usage: addUsage(this.#earlier, output.usage) }
  }
}
