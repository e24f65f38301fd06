import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange, CopyProgress, ObjectRead, StorageBackend, StoredObject } from '../../../contracts/storage.ts'
import { StorageCalls } from '../../../lib/remote-storage/calls.ts'
import { valueOf } from '../../../lib/remote-storage/value-of.ts'
import { WriteProof } from '../../../lib/remote-storage/write-proof.ts'
import type { AccessTokens } from './access-tokens.ts'
import { contentHash, contentHashOf, hashBlocks } from './content-hash.ts'
import { DropboxClient } from './dropbox-client.ts'
import type { DropboxEndpoints } from './endpoints.ts'
import { forReader, type HttpClient } from './http-client.ts'
import { KeyLocks } from './key-locks.ts'
import { AnythingSchema, MetadataSchema, TaggedMetadataSchema, type Metadata } from './metadata.ts'
import { pathOfKey, pathOfUri, uriOfPath, viewUrl, type PathRules } from './paths.ts'
import { ping, pingAccount } from './ping.ts'
import { placeFile } from './place-file.ts'
import { localError, openSource, readStart } from './source-file.ts'
import { UploadProgressFolder } from './upload-progress.ts'
import { commitInfo, UploadSession, type SessionJob } from './upload-session.ts'

export interface DropboxStorageConfig extends PathRules {
  readonly web_url_prefix: string | null
}

export interface DropboxParts {
  readonly endpoints: DropboxEndpoints
  readonly http: HttpClient
  readonly tokens: AccessTokens & Partial<Disposable>
  /** What is larger goes in parts of this size. */
  readonly partBytes: number
}

type FileJob = Pick<SessionJob, 'path' | 'file' | 'size' | 'onBytes'>

/** What Dropbox takes in one request. */
const MOST_BYTES_AT_ONCE = 150 * 1024 * 1024
const TIMES_TO_DELETE = 3

export class DropboxStorage implements StorageBackend {
  readonly #config: DropboxStorageConfig
  readonly #parts: DropboxParts
  readonly #host: Pick<PluginHost, 'clock' | 'log' | 'dirs'>
  readonly #client: DropboxClient
  readonly #progress: UploadProgressFolder
  readonly #locks = new KeyLocks()
  readonly #calls = new StorageCalls((cause) => localError(cause, null))
  readonly #proof: WriteProof

  constructor(config: DropboxStorageConfig, parts: DropboxParts, host: Pick<PluginHost, 'clock' | 'log' | 'dirs'>) {
    this.#config = config
    this.#parts = parts
    this.#host = host
    this.#client = new DropboxClient({ ...parts, clock: host.clock })
    this.#proof = new WriteProof(host.clock)
    this.#progress = new UploadProgressFolder(host.dirs.state, host.clock, host.log)
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    return this.#store(key, signal, async (path, limited) => {
      const source = await openSource(localPath)
      if (!source.ok) return source
      const { file, size } = source.value
      try {
        const job = { path, file, size, onBytes: progress?.onBytes }
        return size <= this.#parts.partBytes ? await this.#uploadWhole(job, limited) : await this.#uploadInParts(job, limited)
      } finally {
        await file.close()
      }
    })
  }

  locate(key: string): Result<string, PluginError> {
    const path = pathOfKey(key, this.#config)
    return path.ok ? ok(uriOfPath(path.value)) : path
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    return this.#store(key, signal, async (path, limited) =>
      bytes.byteLength > MOST_BYTES_AT_ONCE
        ? err(pluginError('invalid', 'more bytes than Dropbox takes at once'))
        : this.#upload(path, bytes, limited),
    )
  }

  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#run(storageUri, signal, async (path, limited) => {
      const download = await this.#client.download(path, null, limited)
      if (!download.ok) return err(download.error.error)
      const { stream, contentHash: expected } = download.value
      const placed = await placeFile(stream, localPath, (hash) => expected === null || hash === expected, limited)
      return placed ? ok() : err(pluginError('unavailable', 'the object arrived from Dropbox damaged'))
    })
  }

  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    return this.#run(storageUri, signal, async (path, limited) => {
      const outside = err(pluginError('invalid', `bytes ${range?.start ?? 0}-${range?.end ?? 0} are outside of the object`))
      if (range !== null && (range.start < 0 || range.end < range.start)) return outside
      const download = await this.#client.download(path, range, limited)
      if (!download.ok) return download.error.status === 416 ? outside : err(download.error.error)
      return ok({ stream: forReader(download.value.stream, signal), size: download.value.size })
    })
  }

  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#run(storageUri, signal, async (path, limited) => {
      const file = await this.#findFile(path, limited)
      return file.ok ? ok(file.value !== null) : file
    })
  }

  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#run(storageUri, signal, async (path, limited) => {
      for (let tries = 1; ; tries += 1) {
        const file = await this.#findFile(path, limited)
        if (!file.ok) return file
        if (file.value === null) return ok()
        // With its revision: Dropbox then deletes this file, never a folder of the name.
        const argument = { path, parent_rev: file.value.rev }
        const deleted = await this.#client.rpc('files/delete_v2', argument, AnythingSchema, limited)
        if (deleted.ok || deleted.error.tag === 'path_lookup/not_found') return ok()
        const changed = deleted.error.tag.startsWith('path_write/conflict')
        if (!changed) return err(deleted.error.error)
        if (tries >= TIMES_TO_DELETE) return err(pluginError('unavailable', 'the object keeps changing in Dropbox'))
      }
    })
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#guarded(signal, async (limited) => {
      if (this.#proof.isFresh) return await pingAccount(this.#client, limited)
      await this.#proof.over(async () => valueOf(await ping(this.#client, this.#config.root, limited)))
      return ok()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
    this.#parts.tokens[Symbol.dispose]?.()
    this.#parts.http[Symbol.dispose]()
  }

  #store(
    key: string,
    signal: AbortSignal,
    upload: (path: string, limited: AbortSignal) => Promise<Result<Metadata, PluginError>>,
  ): Promise<Result<StoredObject, PluginError>> {
    return this.#guarded(signal, async (limited) => {
      const path = pathOfKey(key, this.#config)
      if (!path.ok) return path
      using lock = await this.#locks.acquire(path.value, limited)
      if (lock === null) return err(pluginError('cancelled', 'storage operation cancelled'))
      const stored = await this.#proof.over(async () => valueOf(await upload(path.value, limited)))
      const shown = stored.path_display ?? path.value
      return ok({ storage_uri: uriOfPath(path.value), view_url: viewUrl(this.#config.web_url_prefix, shown) })
    })
  }

  async #uploadWhole({ path, file, size, onBytes }: FileJob, signal: AbortSignal): Promise<Result<Metadata, PluginError>> {
    const bytes = await readStart(file, size)
    if (!bytes.ok) return bytes
    const stored = await this.#upload(path, bytes.value, signal)
    if (stored.ok) onBytes?.(size)
    return stored
  }

  async #upload(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<Result<Metadata, PluginError>> {
    const hash = contentHashOf(bytes)
    const argument = { ...commitInfo(path), content_hash: hash }
    const stored = await this.#client.upload('files/upload', { argument, body: bytes }, MetadataSchema, signal)
    return stored.ok ? this.#verified(path, stored.value, hash, signal) : err(stored.error.error)
  }

  async #uploadInParts(job: FileJob, signal: AbortSignal): Promise<Result<Metadata, PluginError>> {
    const blocks = await hashBlocks(job.file, signal)
    const hash = contentHash(blocks)
    const session = new UploadSession(
      { client: this.#client, progress: this.#progress, clock: this.#host.clock, partBytes: this.#parts.partBytes },
      { ...job, content_hash: hash, blocks },
    )
    const stored = await session.run(signal)
    return stored.ok ? this.#verified(job.path, stored.value, hash, signal) : stored
  }

  /** What Dropbox stored must be what we sent; else it is taken away again and the upload counts as failed. */
  async #verified(path: string, stored: Metadata, hash: string, signal: AbortSignal): Promise<Result<Metadata, PluginError>> {
    if (stored.content_hash === hash) return ok(stored)
    const removed = await this.#client.rpc('files/delete_v2', { path, parent_rev: stored.rev }, AnythingSchema, signal)
    this.#host.log.warn({ event_type: 'stored_damaged', removed: removed.ok }, 'an object arrived damaged and is uploaded again')
    return err(pluginError('unavailable', 'the object arrived at Dropbox damaged'))
  }

  /** The file at `path`; null when there is none, or a folder. */
  async #findFile(path: string, signal: AbortSignal): Promise<Result<Metadata | null, PluginError>> {
    const found = await this.#client.rpc('files/get_metadata', { path }, TaggedMetadataSchema, signal)
    if (found.ok) return ok(found.value['.tag'] === 'file' ? found.value : null)
    return found.error.tag === 'path/not_found' ? ok(null) : err(found.error.error)
  }

  #run<T>(
    storageUri: string,
    signal: AbortSignal,
    work: (path: string, limited: AbortSignal) => Promise<Result<T, PluginError>>,
  ): Promise<Result<T, PluginError>> {
    return this.#guarded(signal, async (limited) => {
      const path = pathOfUri(storageUri)
      return path.ok ? work(path.value, limited) : path
    })
  }

  async #guarded<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<Result<T, PluginError>>): Promise<Result<T, PluginError>> {
    return this.#calls.run(signal, async (limited) => valueOf(await work(limited)))
  }
}
