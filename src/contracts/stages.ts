import type { AnalysisResult, VlmUsage } from './analysis.ts'
import type { FilterResult } from './detection.ts'
import type { PluginError } from './errors.ts'

/** Every stage a clip can pass through, in the order a reader expects them. Add a stage here first. */
export const STAGE_NAMES = ['upload', 'filter', 'vlm', 'notify'] as const
export type StageName = (typeof STAGE_NAMES)[number]

/** What each stage produces. `notify` runs once per notifier. */
export interface StageOutputs {
  upload: { readonly storage_uri: string; readonly view_url: string | null }
  filter: FilterResult
  vlm: { readonly analysis: AnalysisResult; readonly usage: VlmUsage }
  notify: { readonly notifier: string; readonly receipt: string | null }
}

/** A plugin's error plus where it happened. This is what reaches the journal, the log and the API. */
export type StageError<N extends StageName = StageName> = PluginError & {
  readonly stage: N
  readonly plugin: string
  readonly clip_id: string
  readonly attempts: number
}
export type UploadError = StageError<'upload'>
export type FilterError = StageError<'filter'>
export type VlmError = StageError<'vlm'>
export type NotifyError = StageError<'notify'>

/** How a stage ended. "skipped" is a result in its own right, not a null. */
export type StageOutcome<N extends StageName> =
  | { readonly state: 'ok'; readonly value: StageOutputs[N] }
  | { readonly state: 'failed'; readonly error: StageError<N> }
  | { readonly state: 'skipped'; readonly reason: string }

export function skipped(reason: string): { readonly state: 'skipped'; readonly reason: string } {
  return { state: 'skipped', reason }
}
