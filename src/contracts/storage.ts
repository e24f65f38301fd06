import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

export interface StoredObject {
  /** Stable address, `scheme:…`; the same key always gives the same one. */
  readonly storage_uri: string
  /** A link a person can open, or null. */
  readonly view_url: string | null
}

/** One copy of an object, where a storage keeps it in several places. */
export interface StoredCopy extends StoredObject {
  /** Which place, by its name in the config. `storage_uri` and `view_url` are those of that place. */
  readonly place: string
}

/** How storing a file goes on; and what lets a storage of several copies go on where an earlier try, perhaps of an earlier process, ended. */
export interface CopyProgress {
  /**
   * Hears how many more bytes are on their way to the storage or have arrived there, as soon as it is known. An upload that tells of bytes may take as long as it
   * needs, with `timeouts.upload_s` from one time to the next; one that does not has that long for everything.
   */
  readonly onBytes: (bytes: number) => void
  /** What is stored already. */
  readonly copies: readonly StoredCopy[]
  /** Hears of each copy as soon as it is complete. */
  readonly onCopy: (copy: StoredCopy) => void
}

/** One of several places a storage keeps copies in. */
export interface StoragePlace {
  readonly name: string
  /** What the addresses of its own begin with, up to and with the colon. Null: it could not be built, so nobody knows. */
  readonly scheme: string | null
  /** Deletes that copy only. `storageUri` is the place's own, or the one that all places share. */
  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>>
  /** When copies leave this place; null: never. */
  readonly retention: RemoteRetention | null
}

/** Limits of what is kept in a storage, or in one place of it. */
export const RemoteRetentionSchema = z.strictObject({
  max_age_days: z
    .number()
    .positive()
    .max(36_500)
    .nullable()
    .default(null)
    .describe('Days after a recording ended until its copy here is deleted for good. null: copies stay.'),
  max_bytes: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'Bytes of clips kept here; beyond it the oldest are deleted for good. Pictures and analyses are not counted. null: no limit.',
    ),
})
export type RemoteRetention = Readonly<z.infer<typeof RemoteRetentionSchema>>

export interface ObjectRead {
  readonly stream: Readable
  /** Size of the whole object in bytes, whatever the range. */
  readonly size: number
}

/** Inclusive byte range, as in HTTP. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Keeps clips and their artifacts off the spool.
 *
 * Keys are relative, `/`-separated, at most 512 characters; a key that is empty, absolute, or has `..`, `\` or NUL is `invalid`.
 * Every method stops soon after `signal` aborts and returns `cancelled`. Kinds: `unavailable` (network, 5xx, 429, disk full),
 * `rejected` (credentials, permissions), `invalid` (bad key, foreign uri, missing source file or object).
 *
 * Disposing it cancels what is under way, and resolves once that has ended: then nothing is half stored and nothing more is written.
 * What is asked of it afterwards is `cancelled`. Streams it handed out go on.
 */
export interface StorageBackend extends AsyncDisposable {
  /**
   * Stores a file. Idempotent: overwrites the same key, never leaves half an object under it.
   * @param progress `onBytes` is for all; the copies are for storages that keep several, and others leave them alone.
   */
  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>>
  /** The address `put` gives this key, without asking anybody. Pure. `invalid` for a bad key. */
  locate(key: string): Result<string, PluginError>
  /** The places it keeps copies in; absent where it is one place. */
  readonly places?: readonly StoragePlace[]
  /** Stores a small artifact (analysis, thumbnail) the same way. */
  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>>
  /** Downloads to `localPath`, atomically; creates parent folders. */
  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>>
  /** Streams an object or a part of it. The caller destroys the stream. A range past the end is `invalid`. */
  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>>
  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>>
  /** Deleting what is not there is success. */
  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>>
  /** Proves that `put` would work now, without leaving anything behind. */
  ping(signal: AbortSignal): Promise<Result<void, PluginError>>
}
