import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { syncFolder } from '../../../lib/atomic-file.ts'
import { ContentHasher, contentHash } from './content-hash.ts'

/**
 * Streams into a file that appears whole or not at all; creates the folders above it.
 * @param accept is asked with the content hash of what came; when it says no, nothing appears and the result is false.
 */
export async function placeFile(
  stream: Readable,
  target: string,
  accept: (hash: string) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const folder = dirname(target)
  const part = join(folder, `.homesec-part-${randomUUID()}`)
  const hasher = new ContentHasher()
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hasher.update(chunk)
      done(null, chunk)
    },
  })
  try {
    await mkdir(folder, { recursive: true })
    await pipeline(stream, hashing, createWriteStream(part, { flags: 'wx', flush: true }), { signal })
    if (!accept(contentHash(hasher.blocks()))) return false
    await rename(part, target)
    await syncFolder(folder)
    return true
  } finally {
    stream.destroy()
    await rm(part, { force: true })
  }
}
