import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { PluginError } from '../../contracts/errors.ts'
import type { Result } from '../../contracts/result.ts'
import type { RemoteRetention, StorageBackend } from '../../contracts/storage.ts'

/** Somewhere clips are kept with limits of its own: the whole storage, or one place of it. */
export interface StorageKeeper {
  /** Null: the whole storage. */
  readonly place: string | null
  readonly retention: RemoteRetention
  /** Which entries of `ClipDigest.storedIn` mean that a clip lies here. */
  readonly has: readonly string[]
  /** Whether what the state says of its address is really here; asked before anything is deleted. */
  holds(state: ClipStateData): boolean
  /** What to delete when a clip leaves, the clip itself first. */
  removalsOf(state: ClipStateData): ((signal: AbortSignal) => Promise<Result<void, PluginError>>)[]
  /** The place to name in the clip's history; null: it was the only copy. */
  recordedAs(state: ClipStateData): string | null
}

type Storage = Pick<StorageBackend, 'delete' | 'locate' | 'places'>

/** Those that have limits. `own` are those of a storage that is one place; addresses of another storage are nobody's. */
export function storageKeepers(storage: Storage, own: RemoteRetention): StorageKeeper[] {
  const keepers = storage.places === undefined ? [wholeStorage(storage, own)] : placesOf(storage, storage.places)
  return keepers.filter(({ retention }) => retention.max_age_days !== null || retention.max_bytes !== null)
}

function wholeStorage(storage: Storage, retention: RemoteRetention): StorageKeeper {
  const sample = storage.locate('x')
  const prefix = sample.ok ? sample.value.slice(0, -1) : null
  return {
    place: null,
    retention,
    has: prefix === null ? [] : [prefix.slice(0, prefix.indexOf(':') + 1)],
    // Another bucket or server of the same kind, from before the config was changed, is not this one's to delete from.
    holds: ({ storage_uri }) => prefix !== null && storage_uri !== null && storage_uri.startsWith(prefix),
    removalsOf: (state) => removals(storage, state.storage_uri, state),
    recordedAs: () => null,
  }
}

/** A clip from before there were several places counts where its address belongs: in the first place of that kind. */
function placesOf(storage: Storage, places: NonNullable<Storage['places']>): StorageKeeper[] {
  const taken = new Set<string>()
  return places.flatMap((place): StorageKeeper[] => {
    const { name, scheme, retention } = place
    const has = scheme === null || taken.has(scheme) ? [name] : [name, scheme]
    if (scheme !== null) taken.add(scheme)
    if (retention === null) return []
    const copyOf = ({ copies }: ClipStateData) => copies[name] ?? null
    return [
      {
        place: name,
        retention,
        has,
        holds: () => true, // the places see to it themselves
        removalsOf: (state) => {
          const copy = copyOf(state)
          return copy === null ? removals(storage, state.storage_uri, state) : removals(place, copy.storage_uri, state)
        },
        recordedAs: (state) => (copyOf(state) === null ? null : name),
      },
    ]
  })
}

function removals(
  from: Pick<StorageBackend, 'delete'>,
  clipUri: string | null,
  { thumbnail_uri, analysis_uri }: ClipStateData,
): ReturnType<StorageKeeper['removalsOf']> {
  const uris = [clipUri, thumbnail_uri, analysis_uri].filter((uri) => uri !== null)
  return uris.map((uri) => (signal) => from.delete(uri, signal))
}
