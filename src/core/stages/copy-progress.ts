import { ClipFactSchema } from '../../contracts/clip-events.ts'
import type { CopyProgress, StoredCopy } from '../../contracts/storage.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'

export interface CopyListeners {
  /** Hears of each copy after it was written down. */
  readonly onCopy?: ((copy: StoredCopy) => void) | undefined
  readonly onBytes?: CopyProgress['onBytes']
}

/** Lets a storage that keeps several copies write each down as it arrives, and read what an earlier try brought about. */
export function copyProgress(
  clipId: string,
  repository: Pick<ClipRepository, 'get' | 'record'>,
  { onCopy, onBytes = () => undefined }: CopyListeners = {},
): CopyProgress {
  return {
    onBytes,
    get copies() {
      const known = Object.entries(repository.get(clipId)?.copies ?? {})
      return known.map(([place, { storage_uri, view_url }]) => ({ place, storage_uri, view_url }))
    },
    onCopy(copy) {
      // After a deadline nobody may hold the clip any more. The next try overwrites the copy and hears of it then.
      if (repository.get(clipId) === null) return
      const { place, storage_uri, view_url } = copy
      const fact = ClipFactSchema.safeParse({ event_type: 'upload_copied', place, storage_uri, view_url })
      if (!fact.success) return // what breaks its contract must not make the journal unreadable
      repository.record(clipId, fact.data)
      onCopy?.(copy)
    },
  }
}
