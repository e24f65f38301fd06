import { pluginError, type ErrorKind, type PluginError } from '../contracts/errors.ts'
import { err, type Result } from '../contracts/result.ts'
import type { ByteRange, CopyProgress, StorageBackend } from '../contracts/storage.ts'
import { orAborted } from '../lib/deadline.ts'

/** A storage that works until it is told not to. */
export class FaultyStorage implements StorageBackend {
  /** What every call answers. `hang`: nothing, until its signal aborts. Null: what the storage behind it says. */
  fails: PluginError | 'hang' | null = null
  /** Every call, in order: `put clips/a.mp4`. */
  readonly calls: string[] = []
  readonly #behind: StorageBackend

  constructor(behind: StorageBackend) {
    this.#behind = behind
  }

  fail(kind: ErrorKind, message: string = kind): void {
    this.fails = pluginError(kind, message)
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress) {
    return this.#unless(`put ${key}`, signal, () => this.#behind.put(localPath, key, signal, progress))
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal) {
    return this.#unless(`putBytes ${key}`, signal, () => this.#behind.putBytes(bytes, key, signal))
  }

  locate(key: string) {
    return this.#behind.locate(key)
  }

  get(uri: string, localPath: string, signal: AbortSignal) {
    return this.#unless(`get ${uri}`, signal, () => this.#behind.get(uri, localPath, signal))
  }

  read(uri: string, range: ByteRange | null, signal: AbortSignal) {
    return this.#unless(`read ${uri}`, signal, () => this.#behind.read(uri, range, signal))
  }

  exists(uri: string, signal: AbortSignal) {
    return this.#unless(`exists ${uri}`, signal, () => this.#behind.exists(uri, signal))
  }

  delete(uri: string, signal: AbortSignal) {
    return this.#unless(`delete ${uri}`, signal, () => this.#behind.delete(uri, signal))
  }

  ping(signal: AbortSignal) {
    return this.#unless('ping', signal, () => this.#behind.ping(signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#behind[Symbol.asyncDispose]()
  }

  async #unless<T>(call: string, signal: AbortSignal, work: () => Promise<Result<T, PluginError>>): Promise<Result<T, PluginError>> {
    this.calls.push(call)
    if (this.fails === null) return work()
    if (this.fails !== 'hang') return err(this.fails)
    await orAborted(new Promise<never>(() => undefined), signal).catch(() => undefined)
    return err(pluginError('cancelled', 'broken off'))
  }
}
