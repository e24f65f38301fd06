import type { ClipStateData } from '../../contracts/clip-state.ts'
import { isPictureGivenUp } from './picture-tries.ts'

/** Whether something is left to do in the storage: it lacks the clip, its picture or its analysis, or has what was deleted. Pure. */
export function owesStorage(state: ClipStateData): boolean {
  if (state.deleted_at !== null) return objectsOf(state).length > 0
  if (state.storage_uri === null && state.local_deleted_at !== null) return false // nothing is left to upload
  const { upload } = state.stages
  if (state.finished_at === null) return upload.status === 'error'
  // Finished and still under way: a kill or a shutdown cut a later try short.
  return upload.status !== 'ok' || missingArtifacts(state).length > 0
}

/** Whether the storage took the clip whole, even if its retention has deleted it there since. Pure. */
export function wasUploaded({ stages, storage_uri, storage_pruned_at }: ClipStateData): boolean {
  return stages.upload.status === 'ok' && (storage_uri !== null || storage_pruned_at !== null)
}

/** Everything of a clip that the storage has, copies of an upload that was never completed included. */
export function objectsOf({ storage_uri, copies, thumbnail_uri, analysis_uri }: ClipStateData): string[] {
  const single = [storage_uri, thumbnail_uri, analysis_uri].filter((uri) => uri !== null)
  return [...single, ...Object.values(copies).map((copy) => copy.storage_uri)]
}

export type Artifact = 'thumbnail' | 'analysis'

/** Artifacts that could be made from what is known and are not stored yet. Pure. */
export function missingArtifacts(state: ClipStateData): Artifact[] {
  if (state.storage_pruned_at !== null) return [] // they went with the clip, on purpose
  const missing: Artifact[] = []
  if (state.thumbnail_uri === null && wantsThumbnail(state) && !isPictureGivenUp(state)) missing.push('thumbnail')
  if (state.analysis_uri === null && state.analysis_result !== null) missing.push('analysis')
  return missing
}

/** A picture is worth keeping when something was seen or someone is told. */
export function wantsThumbnail(state: ClipStateData): boolean {
  return state.filter_result?.best_frame_s != null || state.alert_decision?.notify === true
}
