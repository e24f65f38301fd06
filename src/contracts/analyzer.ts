import type { AnalysisResult, VlmUsage } from './analysis.ts'
import type { FilterResult } from './detection.ts'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** One picture for the model. */
export interface LabelledFrame {
  /** Seconds from the start of the clip. */
  readonly second: number
  readonly jpeg: Uint8Array
}

export interface AnalysisRequest {
  readonly camera_name: string
  readonly start_ts: string
  readonly duration_s: number
  readonly filter_result: FilterResult
  /** In time order, already scaled and encoded as `vlm.preprocessing` says. At least one. */
  readonly frames: readonly LabelledFrame[]
  /**
   * Hears what each answer of the model cost, also of one that is no use. What is not reported here and ends in an error is missing
   * from the daily budget. A success says its whole `usage` itself.
   */
  readonly onUsage?: (usage: VlmUsage) => void
  /** False once today's budget is spent: only what `worksForFree` may be asked. Left out: true. */
  readonly may_pay?: boolean
}

export interface AnalysisOutput {
  readonly analysis: AnalysisResult
  readonly usage: VlmUsage
  /** True when the answer itself cost nothing: then only what `onUsage` heard counts for the daily budget. Left out: false. */
  readonly free?: boolean
}

/** Has a vision-language model judge a clip. */
export interface VlmAnalyzer extends AsyncDisposable {
  /** Whether it judges, or a part of it does, when `may_pay` is false. Left out: false, and it is then not asked. */
  readonly worksForFree?: boolean
  /**
   * @param signal aborts at the stage deadline or at shutdown; the request is dropped.
   * @returns `unavailable` for network errors, 429 (with `retryAfterMs`) and 5xx; `rejected` for 401 and 403; `invalid` for any
   *   other 4xx, and for an answer that does not fit the schema after one repair attempt.
   */
  analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>>
  /** Reaches the endpoint without spending tokens, where it can. `detail` says what does not work although it can judge. */
  ping(signal: AbortSignal): Promise<Result<{ readonly model: string; readonly detail?: string }, PluginError>>
}
