import type { ClipEvent } from './clip-events.ts'
import type { ClipStateData, ClipStatus, ClipSummary } from './clip-state.ts'
import type { RiskLevel } from './analysis.ts'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** The index of clips for queries. Best effort: the journal files are the truth, and this can be rebuilt from them. */
export interface StateStore {
  /** Inserts or replaces rows by `clip_id`; a row with a higher `event_seq` than the one given is left alone. One round trip for all. */
  upsert(states: readonly ClipStateData[], signal: AbortSignal): Promise<Result<void, PluginError>>
  get(clipId: string, signal: AbortSignal): Promise<Result<ClipStateData | null, PluginError>>
  /** `clip_id` → `event_seq` of every row, for reconciliation with the journal files. */
  versions(signal: AbortSignal): Promise<Result<ReadonlyMap<string, number>, PluginError>>
  ping(signal: AbortSignal): Promise<Result<void, PluginError>>
}

export interface EventStore {
  /** Appends; an event that is already there (same `clip_id` and `seq`) is left alone. */
  append(events: readonly ClipEvent[], signal: AbortSignal): Promise<Result<void, PluginError>>
  /** Deletes all events of these clips, except those that record a deletion. Repeating it is safe. */
  forget(clipIds: readonly string[], signal: AbortSignal): Promise<Result<void, PluginError>>
  /** In `seq` order, those after `afterSeq`. */
  list(clipId: string, afterSeq: number, limit: number, signal: AbortSignal): Promise<Result<readonly ClipEvent[], PluginError>>
}

/** A log line on its way to the `logs` table. */
export interface LogRow {
  readonly ts: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly clip_id: string | null
  readonly camera_name: string | null
  readonly fields: Readonly<Record<string, unknown>>
}

export interface LogStore {
  append(rows: readonly LogRow[], signal: AbortSignal): Promise<Result<void, PluginError>>
  /** Deletes rows older than `maxAgeMs` and, beyond `maxRows`, the oldest. Returns how many went. */
  prune(limits: { readonly maxAgeMs: number; readonly maxRows: number }, signal: AbortSignal): Promise<Result<number, PluginError>>
}

/** All filters are optional and joined by AND. `status` absent hides deleted clips. */
export interface ClipFilter {
  readonly camera?: string
  readonly status?: ClipStatus
  readonly alerted?: boolean
  /** Whether any wanted class was detected. */
  readonly detected?: boolean
  readonly risk_level?: RiskLevel
  readonly activity_type?: string
  /** Bounds on `start_ts`, UTC instants; `since` inclusive, `until` exclusive. */
  readonly since?: string
  readonly until?: string
  /** Free text over camera, summary, activity and detected classes. */
  readonly q?: string
}

/** The last row of a page; the next page begins after it. Order is `start_ts` descending, then `clip_id` descending. */
export interface ClipCursor {
  readonly start_ts: string
  readonly clip_id: string
}

export interface ClipPage {
  readonly clips: readonly ClipSummary[]
  /** Null on the last page. */
  readonly next: ClipCursor | null
}

export interface ClipStats {
  readonly clips_total: number
  readonly clips_today: number
  readonly alerts_total: number
  readonly alerts_today: number
  /** Bytes of clips that are still on the local disk. */
  readonly local_bytes: number
  readonly by_camera: readonly {
    readonly camera_name: string
    readonly clips: number
    readonly alerts: number
    readonly last_clip_ts: string | null
  }[]
  readonly by_status: Readonly<Partial<Record<ClipStatus, number>>>
  readonly vlm_tokens_today: number
  readonly vlm_cost_usd_today: number
}

export interface ClipQueries {
  list(
    filter: ClipFilter,
    page: { readonly cursor: ClipCursor | null; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Result<ClipPage, PluginError>>
  /** @param since start of "today" in the owner's time zone, a UTC instant. */
  stats(since: string, signal: AbortSignal): Promise<Result<ClipStats, PluginError>>
}
