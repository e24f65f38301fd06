import { open, rm, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'

/** A file that a client is sending. */
export interface PartialUpload {
  readonly bytes: number
  /** Rejects with Node's error, such as `ENOSPC`. */
  write(chunk: Uint8Array): Promise<void>
}

/** Written to disk under a name of ours. */
export class FileUpload implements PartialUpload {
  readonly path: string
  readonly #handle: FileHandle
  readonly #onBytes: (count: number) => void
  #bytes = 0
  #isOpen = true

  private constructor(path: string, handle: FileHandle, onBytes: (count: number) => void) {
    this.path = path
    this.#handle = handle
    this.#onBytes = onBytes
  }

  /** @param onBytes hears of every byte on disk, and of all of them with a minus when they are gone from here. */
  static async open(path: string, onBytes: (count: number) => void): Promise<FileUpload> {
    return new FileUpload(path, await open(path, 'wx', 0o600), onBytes)
  }

  get bytes(): number {
    return this.#bytes
  }

  get fileName(): string {
    return basename(this.path)
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) at += (await this.#handle.write(chunk, at)).bytesWritten
    this.#bytes += chunk.length
    this.#onBytes(chunk.length)
  }

  /** Its content outlives a power cut from here on. */
  async finish(): Promise<void> {
    try {
      await this.#handle.sync()
    } finally {
      await this.close()
    }
  }

  /** Leaves the file where it is. May be called twice. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onBytes(-this.#bytes)
    await this.#handle.close().catch(() => undefined)
  }

  async remove(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
  }
}

/** A picture nobody wants: taken, and forgotten as it comes. */
export class IgnoredUpload implements PartialUpload {
  bytes = 0

  async write(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.length
  }
}
