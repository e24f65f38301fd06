import { createReadStream, createWriteStream, constants } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../../../contracts/errors.ts'

const CHUNK_BYTES = 1024 * 1024

/** Fills `tempPath`, makes it durable and gives it its name: `target` is either the old object, the new one, or absent; never a part. */
export async function placeDurably(tempPath: string, target: string, fill: (tempPath: string) => Promise<void>): Promise<void> {
  try {
    await fill(tempPath)
    await syncPath(tempPath, 'r+')
    await rename(tempPath, target)
    await syncFolder(dirname(target))
  } catch (cause) {
    await rm(tempPath, { force: true })
    throw cause
  }
}

/** Copies `source` to the new file `target`: a reflink where the file system has them, else a stream that `signal` stops. */
export async function copyCancellably(
  source: string,
  target: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<void> {
  signal.throwIfAborted()
  try {
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    onBytes((await stat(target)).size)
  } catch (cause) {
    if (!NO_REFLINK.has(codeOf(cause))) throw cause
    await pipeline(
      createReadStream(source, { highWaterMark: CHUNK_BYTES }),
      (chunks: AsyncIterable<Uint8Array>) => telling(chunks, onBytes),
      createWriteStream(target, { flags: 'wx', highWaterMark: CHUNK_BYTES }),
      { signal },
    )
  }
}

/** A chunk is on its way into the file when the next one is asked for. */
async function* telling(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    onBytes(chunk.length)
  }
}

/** Writes a new file. */
export async function writeNew(target: string, bytes: Uint8Array): Promise<void> {
  const file = await open(target, 'wx')
  try {
    await file.writeFile(bytes)
  } finally {
    await file.close()
  }
}

/** Creates `folder` and its parents so that it survives a power cut. */
export async function makeFolderDurably(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  await syncFolder(dirname(first))
  let current = dirname(first)
  for (const name of relative(current, folder).split(sep)) {
    current = join(current, name)
    await syncFolder(current)
  }
}

/** Like lib's, but lenient: a NAS or a foreign file system that cannot sync folders is left to its own guarantees. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await syncPath(folder, 'r')
  } catch (cause) {
    if (!NO_FOLDER_SYNC.has(codeOf(cause))) throw cause
  }
}

async function syncPath(path: string, flags: string): Promise<void> {
  const file = await open(path, flags)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

const NO_REFLINK = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EINVAL', 'ENOTTY', 'EPERM', 'EBADF'])
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EPERM', 'EBADF'])
