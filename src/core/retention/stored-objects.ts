import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { PluginError } from '../../contracts/errors.ts'
import type { Result } from '../../contracts/result.ts'
import type { StorageBackend } from '../../contracts/storage.ts'
import type { StorageKeys } from '../stages/storage-keys.ts'

/** One thing to delete in the storage. */
export interface Removal {
  readonly id: string
  readonly run: (signal: AbortSignal) => Promise<Result<void, PluginError>>
  /** It may lie in a place that is configured no more; then nobody can delete it, and nobody has to wait for that. */
  readonly mayBeForeign: boolean
}

type Storage = Pick<StorageBackend, 'delete' | 'places' | 'locate'>

/** How to delete all that the storage is known to have of a clip. Pure, but for running them. */
export function removalsOf({ storage_uri, thumbnail_uri, analysis_uri, copies }: ClipStateData, storage: Storage): Removal[] {
  const shared = [storage_uri, thumbnail_uri, analysis_uri]
    .filter((uri) => uri !== null)
    .map((uri): Removal => ({ id: uri, run: (signal) => storage.delete(uri, signal), mayBeForeign: false }))
  const single = Object.entries(copies).flatMap(([name, copy]): Removal[] => {
    const place = storage.places?.find((known) => known.name === name)
    if (place !== undefined && storage_uri !== null) return [] // the shared address stands for it
    const from = place ?? storage
    return [
      { id: `${name} ${copy.storage_uri}`, run: (signal) => from.delete(copy.storage_uri, signal), mayBeForeign: place === undefined },
    ]
  })
  return [...shared, ...single]
}

/**
 * Objects nobody has written down: with several places, one may have taken a file while another refused it, and a kill may have come
 * between the copy and its record. Only for storages of several places, once an upload was tried. Pure, but for running them.
 */
export function unknownRemovals(clip: ClipStateData, storage: Storage, keys: StorageKeys): Removal[] {
  const { places } = storage
  if (places === undefined || clip.stages.upload.attempts === 0) return []
  const unknown = [
    clip.storage_uri === null ? [keys.clip(clip)] : [],
    clip.thumbnail_uri === null ? [keys.thumbnail(clip)] : [],
    clip.analysis_uri === null ? [keys.analysis(clip)] : [],
  ].flat()
  return unknown.flatMap((key) => {
    const uri = storage.locate(key)
    if (!uri.ok) return []
    return places.map((place) => ({
      id: `${place.name} ${uri.value}`,
      run: (signal: AbortSignal) => place.delete(uri.value, signal),
      mayBeForeign: true,
    }))
  })
}
