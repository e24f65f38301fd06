import type { RiskLevel } from '../../../contracts/analysis.ts'
import type { AnalysisOutput, AnalysisRequest, VlmAnalyzer } from '../../../contracts/analyzer.ts'
import { pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'

const MODEL = 'mock'

export interface MockAnalyzerConfig {
  readonly risk_level: RiskLevel
  readonly activity_type: string
  readonly summary: string
  readonly delay_ms: number
  readonly fail_times: number
  readonly error_kind: ErrorKind
}

/** Says what its config says. For trying out everything around a model, without one. */
export class MockAnalyzer implements VlmAnalyzer {
  readonly #config: MockAnalyzerConfig
  readonly #clock: PluginHost['clock']
  #failuresLeft: number
  #closed = false

  constructor(config: MockAnalyzerConfig, host: Pick<PluginHost, 'clock'>) {
    this.#config = config
    this.#clock = host.clock
    this.#failuresLeft = config.fail_times
  }

  async analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    if (this.#config.delay_ms > 0) await this.#clock.sleep(this.#config.delay_ms, signal)
    if (signal.aborted || this.#closed) return err(pluginError('cancelled', 'the mock analyzer was stopped'))
    if (this.#failuresLeft > 0) {
      this.#failuresLeft -= 1
      return err(pluginError(this.#config.error_kind, 'the mock analyzer fails as configured'))
    }
    return ok({ analysis: this.#analysis(request), usage: { model: MODEL, prompt_tokens: 0, completion_tokens: 0, cost_usd: 0 } })
  }

  async ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    return signal.aborted || this.#closed ? err(pluginError('cancelled', 'the mock analyzer was stopped')) : ok({ model: MODEL })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }

  #analysis({ filter_result, duration_s }: AnalysisRequest): AnalysisOutput['analysis'] {
    const { risk_level, activity_type, summary } = this.#config
    return {
      risk_level,
      activity_type,
      summary,
      observations: [],
      entities_timeline: filter_result.detected_classes.map((entity) => ({ entity, from_s: 0, to_s: duration_s, action: 'detected' })),
      requires_review: false,
    }
  }
}
