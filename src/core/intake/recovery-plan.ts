import { addressOf, type ClipStateData } from '../../contracts/clip-state.ts'
import type { SpoolFinding } from '../../contracts/journal.ts'
import { failedKind } from '../clips/pipeline-debt.ts'

export type RecoveryStep =
  /** Takes it up where it stopped. */
  | { readonly do: 'resume' }
  | { readonly do: 'nothing' }
  /** The owner deleted it; a crash came before its file was removed. */
  | { readonly do: 'remove_file' }
  /** Nothing is left to work with: the file is gone and no storage has it. */
  | { readonly do: 'give_up' }
  /** The file is gone though nobody recorded it; the storage has it. */
  | { readonly do: 'note_missing'; readonly thenResume: boolean }

/** What to do with a clip of an earlier run. Pure. */
export function recoveryStep({ state, fileExists }: Extract<SpoolFinding, { type: 'clip' }>, configHash: string): RecoveryStep {
  if (state.deleted_at !== null) return { do: fileExists ? 'remove_file' : 'nothing' }
  const unfinished = state.status !== 'done' && !isSettled(state, configHash)
  if (fileExists) return { do: unfinished ? 'resume' : 'nothing' }
  const isNowhere = addressOf(state) === null && state.storage_pruned_at === null
  if (isNowhere) return { do: state.local_deleted_at === null ? 'give_up' : 'nothing' }
  return withoutFile(state, unfinished && addressOf(state) !== null)
}

/** @param mayResume not if the storage's own retention has taken it, too. */
function withoutFile(state: Pick<ClipStateData, 'local_deleted_at'>, mayResume: boolean): RecoveryStep {
  if (state.local_deleted_at === null) return { do: 'note_missing', thenResume: mayResume }
  return { do: mayResume ? 'resume' : 'nothing' }
}

/** Its detector refused it, and would again: nothing has changed since. Its upload has to be in the storage, or be the sweeper's. */
function isSettled({ stages, provenance }: ClipStateData, configHash: string): boolean {
  const kind = failedKind(stages.filter)
  const refused = kind === 'invalid' || kind === 'rejected'
  return refused && provenance.config_hash === configHash && (stages.upload.status === 'ok' || stages.upload.status === 'error')
}

/** Of an earlier run; one that waited in today's queue is none. A file that was found without a journal is, though its clip is new. Pure. */
export function isLeftover(clip: Pick<ClipStateData, 'created_at' | 'source_backend'>, startedMs: number): boolean {
  return clip.source_backend === 'recovered' || Date.parse(clip.created_at) < startedMs
}

/** A clip whose end is longer ago than this does not alert on its own any more; a household wants news, not history. */
export function isTooLate(clip: Pick<ClipStateData, 'end_ts'>, nowMs: number, maxAgeMs: number): boolean {
  return nowMs - Date.parse(clip.end_ts) > maxAgeMs
}
