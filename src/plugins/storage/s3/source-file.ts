import { open, type FileHandle } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { hashFile } from '../../../lib/hash-file.ts'

/** A file to upload, held open, with the hash that tells at any later time whether a copy is whole. */
export class SourceFile implements AsyncDisposable {
  readonly path: string
  readonly sha256: string
  readonly #handle: FileHandle
  readonly #stats: Stats

  private constructor(path: string, sha256: string, opened: { readonly handle: FileHandle; readonly stats: Stats }) {
    this.path = path
    this.sha256 = sha256
    this.#handle = opened.handle
    this.#stats = opened.stats
  }

  static open(path: string, signal: AbortSignal): Promise<Result<SourceFile, PluginError>> {
    return attempt(
      async () => {
        const handle = await open(path, 'r')
        try {
          const stats = await handle.stat()
          if (!stats.isFile()) throw new Error('not a file')
          return new SourceFile(path, await hashFile(path, signal), { handle, stats })
        } catch (cause) {
          await handle.close()
          throw cause
        }
      },
      (cause) =>
        signal.aborted
          ? pluginError('cancelled', 'storage operation cancelled', cause)
          : pluginError('invalid', 'the file to store does not exist or cannot be read', cause),
    )
  }

  get size(): number {
    return this.#stats.size
  }

  /** Fills the start of `into` with `length` bytes from `position` on. */
  async read(into: Buffer, position: number, length: number): Promise<Result<Buffer, PluginError>> {
    const read = await attempt(
      async () => {
        let filled = 0
        while (filled < length) {
          const { bytesRead } = await this.#handle.read(into, filled, length - filled, position + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return filled
      },
      (cause) => pluginError('unavailable', 'the file to store cannot be read', cause),
    )
    if (!read.ok) return read
    return read.value === length ? ok(into.subarray(0, length)) : err(CHANGED)
  }

  /** Asked at the end: what was read belongs to the hash. */
  async unchanged(): Promise<Result<void, PluginError>> {
    const now = await attempt(
      () => this.#handle.stat(),
      (cause) => pluginError('unavailable', 'the file to store cannot be read', cause),
    )
    if (!now.ok) return now
    return now.value.size === this.#stats.size && now.value.mtimeMs === this.#stats.mtimeMs ? ok() : err(CHANGED)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close()
  }
}

const CHANGED = pluginError('unavailable', 'the file changed while it was being uploaded')
