import type { ClipStateData, Journal } from './clip-state.ts'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** What a look into the spool finds. */
export type SpoolFinding =
  | { readonly type: 'clip'; readonly state: ClipStateData; readonly fileExists: boolean }
  /** A finished video without a journal: a crash between the two, or a hand-made copy. */
  | { readonly type: 'orphan'; readonly cameraName: string; readonly path: string }
  /** A whole file that was on its way in when the process died; it may be the only copy. */
  | { readonly type: 'staged'; readonly cameraName: string; readonly path: string }
  /** Left untouched: broken, or written by a newer version. */
  | { readonly type: 'unreadable'; readonly path: string; readonly reason: string }

/** The local truth: one file per clip, beside the clip. */
export interface JournalStore {
  /** Replaces the clip's journal, atomically and durably. `unavailable` when the disk is full or gone; the old journal stays. */
  write(journal: Journal): Promise<Result<void, PluginError>>
  /** Null when there is none. `invalid` when it is there and cannot be used. */
  read(clipId: string): Promise<Result<Journal | null, PluginError>>
  /** Visits everything in the spool, in no order; yields to the event loop. Removes what a crash left of unfinished writes. */
  scan(visit: (finding: SpoolFinding) => void, signal: AbortSignal): Promise<Result<void, PluginError>>
}
