import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../../contracts/errors.ts'
import { fault } from './fault.ts'

const CHUNK_BYTES = 1 << 18
const NO_SUCH_FILE = new Set(['ENOENT', 'ENOTDIR'])

/** The size of a file that is to be stored, in bytes; throws a `StorageFault` when there is none. */
export async function sizeOfSource(path: string): Promise<number> {
  try {
    const entry = await stat(path)
    if (entry.isFile()) return entry.size
  } catch (cause) {
    if (!NO_SUCH_FILE.has(codeOf(cause))) throw cause
  }
  throw fault('invalid', 'the file to store does not exist or is not a file')
}

/** The first `size` bytes of a file. Each chunk is valid until the next is asked for: one buffer serves them all. */
export async function* chunksOf(path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(size, CHUNK_BYTES))
    for (let position = 0; position < size;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - position), position)
      if (bytesRead === 0) throw fault('unavailable', 'the file to store became shorter while it was read')
      yield buffer.subarray(0, bytesRead)
      position += bytesRead
    }
  } finally {
    await file.close()
  }
}

/** Writes `bytes` to `target` so that it is there whole or not at all; creates the folders above it. Throws what the stream throws. */
export async function placeDownload(bytes: Readable, size: number, target: string, signal: AbortSignal): Promise<void> {
  const part = join(dirname(target), `.homesec-part-${randomUUID()}`)
  try {
    await mkdir(dirname(target), { recursive: true })
    await pipeline(bytes, createWriteStream(part, { flags: 'wx' }), { signal })
    await requireWhole(part, size)
    await rename(part, target)
  } catch (cause) {
    bytes.destroy()
    await rm(part, { force: true })
    throw cause
  }
}

async function requireWhole(part: string, size: number): Promise<void> {
  const file = await open(part, 'r+')
  try {
    const arrived = (await file.stat()).size
    if (arrived !== size) throw fault('unavailable', `${arrived} of ${size} bytes arrived`)
    await file.sync()
  } finally {
    await file.close()
  }
}
