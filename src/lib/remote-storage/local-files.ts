import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf, type ErrorKind } from '../../contracts/errors.ts'
import { fault, type StorageFault } from './fault.ts'

const CHUNK_BYTES = 1 << 18
const NO_SUCH_FILE = new Set(['ENOENT', 'ENOTDIR'])
/** What a code means on this machine; of a socket some of them would mean another thing. */
const BY_CODE: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  ENOENT: ['invalid', 'a local file or folder does not exist'],
  ENOTDIR: ['invalid', 'a local file or folder does not exist'],
  EACCES: ['rejected', 'HomeSec may not use a local file: check its owner and permissions'],
  EPERM: ['rejected', 'HomeSec may not use a local file: check its owner and permissions'],
  EROFS: ['rejected', 'the local disk is mounted read-only'],
  ENOSPC: ['unavailable', 'the local disk is full'],
  EDQUOT: ['unavailable', 'the local disk quota is used up'],
}

/** The size of a file that is to be stored, in bytes; throws a `StorageFault` when there is none. */
export async function sizeOfSource(path: string): Promise<number> {
  try {
    const entry = await stat(path)
    if (entry.isFile()) return entry.size
  } catch (cause) {
    if (!NO_SUCH_FILE.has(codeOf(cause))) throw localFault(cause)
  }
  throw fault('invalid', 'the file to store does not exist or is not a file')
}

/** The first `size` bytes of a file. Each chunk is valid until the next is asked for: one buffer serves them all. */
export async function* chunksOf(path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = await local(open(path, 'r'))
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(size, CHUNK_BYTES))
    for (let position = 0; position < size;) {
      const { bytesRead } = await local(file.read(buffer, 0, Math.min(buffer.length, size - position), position))
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
    await local(mkdir(dirname(target), { recursive: true }))
    await writeWhole(bytes, size, part, signal)
    await local(rename(part, target))
  } catch (cause) {
    bytes.destroy()
    await rm(part, { force: true }).catch(() => undefined) // what went wrong before matters more
    throw cause
  }
}

async function writeWhole(bytes: Readable, size: number, part: string, signal: AbortSignal): Promise<void> {
  const file = await local(open(part, 'wx'))
  try {
    // No stream of Node's at the end: its errors could not be told from those of the network.
    await pipeline(bytes, (chunks: AsyncIterable<Uint8Array>) => writeAll(file, chunks), { signal })
    const arrived = (await local(file.stat())).size
    if (arrived !== size) throw fault('unavailable', `${arrived} of ${size} bytes arrived`)
    await local(file.sync())
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await local(file.writeFile(chunk))
}

/** Says of what a local disk did that it was the disk: the storages take what they get for a failure of their network. */
async function local<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw localFault(cause)
  }
}

function localFault(cause: unknown): StorageFault {
  const code = codeOf(cause)
  const [kind, meaning] = BY_CODE[code] ?? ['unavailable', 'the local disk failed']
  return fault(kind, code === '' ? meaning : `${meaning} (${code})`)
}
