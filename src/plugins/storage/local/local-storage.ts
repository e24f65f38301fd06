import { lstat, open, realpath, rm, stat, type FileHandle } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { codeOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange, CopyProgress, ObjectRead, StorageBackend, StoredObject } from '../../../contracts/storage.ts'
import { StorageCalls } from '../../../lib/remote-storage/calls.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'
import { storageKeyProblem } from '../../../lib/storage-key.ts'
import { copyCancellably, makeFolderDurably, placeDurably, writeNew } from './durable-file.ts'
import { toPluginError } from './file-error.ts'
import { StorageRoot } from './storage-root.ts'

const SCHEME = 'local:'

export interface LocalStorageConfig {
  readonly root: string | null
  readonly view_url_prefix: string | null
}

export function createLocalStorage(config: LocalStorageConfig, host: Pick<PluginHost, 'clock' | 'log' | 'dirs'>): StorageBackend {
  const named = config.root ?? 'storage'
  const path = isAbsolute(named) ? resolve(named) : resolve(host.dirs.data, named)
  return new LocalStorage(new StorageRoot(path, host), config.view_url_prefix)
}

class LocalStorage implements StorageBackend {
  readonly #root: StorageRoot
  readonly #viewUrlPrefix: string | null
  readonly #calls = new StorageCalls(toPluginError)

  constructor(root: StorageRoot, viewUrlPrefix: string | null) {
    this.#root = root
    this.#viewUrlPrefix = viewUrlPrefix
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    return this.#store(key, signal, async (part, limited) => {
      await requireSource(localPath)
      await copyCancellably(localPath, part, limited, progress?.onBytes)
    })
  }

  locate(key: string): Result<string, PluginError> {
    const problem = storageKeyProblem(key)
    return problem === null ? ok(`${SCHEME}${key}`) : err(pluginError('invalid', problem))
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    return this.#store(key, signal, (part) => writeNew(part, bytes))
  }

  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const object = await this.#find(keyOf(storageUri))
      await makeFolderDurably(dirname(localPath))
      const part = join(dirname(localPath), `.homesec-part-${randomUUID()}`)
      await placeDurably(part, localPath, () => copyCancellably(object, part, limited))
    })
  }

  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    return this.#calls.run(signal, async () => {
      const file = await open(await this.#find(keyOf(storageUri)), 'r')
      try {
        return await openRead(file, range, signal) // the caller's: the stream outlives this call
      } catch (cause) {
        await file.close()
        throw cause
      }
    })
  }

  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#calls.run(signal, async () => (await this.#findIfThere(keyOf(storageUri))) !== null)
  }

  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async () => {
      const target = await this.#locate(keyOf(storageUri))
      if (target === null) return
      const entry = await ignoring(['ENOENT', 'ENOTDIR'], lstat(target))
      // A folder is no object: nothing of that name is stored.
      if (entry !== undefined && !entry.isDirectory()) await rm(target, { force: true })
    })
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async () => {
      const probe = this.#root.partPath(await this.#root.open())
      try {
        await writeNew(probe, new Uint8Array(4096))
      } finally {
        await rm(probe, { force: true })
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
  }

  #store(
    key: string,
    signal: AbortSignal,
    fill: (part: string, limited: AbortSignal) => Promise<void>,
  ): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      requireKey(key)
      const root = await this.#root.open()
      const target = join(root, ...key.split('/'))
      // Before anything is created: a link inside the root must not lead our writing out of it.
      await requireContained(root, dirname(target))
      await makeFolderDurably(dirname(target))
      await placeDurably(this.#root.partPath(root), target, (part) => fill(part, limited))
      return { storage_uri: `${SCHEME}${key}`, view_url: this.#viewUrl(key) }
    })
  }

  /** The path where the object is, or would be; null when even its folder is missing. */
  async #locate(key: string): Promise<string | null> {
    const root = await this.#root.open()
    const target = join(root, ...key.split('/'))
    const folder = await ignoring(['ENOENT', 'ENOTDIR'], realpath(dirname(target)))
    if (folder === undefined) return null
    requireInside(root, folder)
    return target
  }

  /** The real path of an object; null when there is none. */
  async #findIfThere(key: string): Promise<string | null> {
    const target = await this.#locate(key)
    const real = target === null ? undefined : await ignoring(['ENOENT', 'ENOTDIR'], realpath(target))
    if (real === undefined) return null
    requireInside(await this.#root.open(), real)
    return (await stat(real)).isFile() ? real : null
  }

  async #find(key: string): Promise<string> {
    const real = await this.#findIfThere(key)
    if (real === null) throw invalid(`the object "${key}" does not exist`)
    return real
  }

  #viewUrl(key: string): string | null {
    if (this.#viewUrlPrefix === null) return null
    return `${this.#viewUrlPrefix.replace(/\/+$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`
  }
}

async function openRead(file: FileHandle, range: ByteRange | null, signal: AbortSignal): Promise<ObjectRead> {
  const { size } = await file.stat()
  if (range !== null && (range.start < 0 || range.start >= size || range.end < range.start)) {
    throw invalid(`bytes ${range.start}-${range.end} are outside of the object, which has ${size}`)
  }
  const stream =
    range === null ? file.createReadStream() : file.createReadStream({ start: range.start, end: Math.min(range.end, size - 1) })
  return { stream: addAbortSignal(signal, stream), size }
}

function requireKey(key: string): void {
  const problem = storageKeyProblem(key)
  if (problem !== null) throw invalid(problem)
}

function keyOf(storageUri: string): string {
  if (!storageUri.startsWith(SCHEME)) throw invalid(`not an address in local storage; those begin with "${SCHEME}"`)
  const key = storageUri.slice(SCHEME.length)
  requireKey(key)
  return key
}

/** Checks the deepest part of `path` that exists. */
async function requireContained(root: string, path: string): Promise<void> {
  const real = await ignoring(['ENOENT'], realpath(path))
  if (real === undefined) await requireContained(root, dirname(path))
  else requireInside(root, real)
}

function requireInside(root: string, real: string): void {
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep))
    throw invalid('the key leads out of the storage folder through a link')
}

async function requireSource(path: string): Promise<void> {
  const entry = await ignoring(['ENOENT', 'ENOTDIR'], stat(path))
  if (entry?.isFile() !== true) throw invalid('the file to store does not exist or is not a file')
}

async function ignoring<T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (cause) {
    if (codes.includes(codeOf(cause))) return undefined
    throw cause
  }
}

function invalid(message: string): Error {
  return fault('invalid', message)
}
