import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** https://www.dropbox.com/developers/reference/content-hash */
export const BLOCK_BYTES = 4 * 1024 * 1024
const READ_BYTES = 1024 * 1024

/** Dropbox's checksum: the SHA-256 of the SHA-256s of all 4 MiB blocks. */
export class ContentHasher {
  readonly #blocks: Buffer[] = []
  #block: Hash = createHash('sha256')
  #inBlock = 0

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#inBlock)
      this.#block.update(part)
      this.#inBlock += part.byteLength
      at += part.byteLength
      if (this.#inBlock === BLOCK_BYTES) this.#closeBlock()
    }
  }

  /** The hashes of the blocks. Call it once, at the end. */
  blocks(): readonly Buffer[] {
    if (this.#inBlock > 0) this.#closeBlock()
    return this.#blocks
  }

  #closeBlock(): void {
    this.#blocks.push(this.#block.digest())
    this.#block = createHash('sha256')
    this.#inBlock = 0
  }
}

/** Hex, of all blocks or of some that follow each other. */
export function contentHash(blocks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const block of blocks) hash.update(block)
  return hash.digest('hex')
}

export function contentHashOf(bytes: Uint8Array): string {
  const hasher = new ContentHasher()
  hasher.update(bytes)
  return contentHash(hasher.blocks())
}

/** The hashes of a file's blocks. Rejects with Node's error, or with the reason of `signal` once that aborts. */
export async function hashBlocks(file: FileHandle, signal: AbortSignal): Promise<readonly Buffer[]> {
  const hasher = new ContentHasher()
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  for (let position = 0; ;) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, position)
    if (bytesRead === 0) return hasher.blocks()
    hasher.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}
