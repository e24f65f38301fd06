import type { SftpFiles } from './sftp-files.ts'

const CHUNK_BYTES = 31 * 1024
/** 1 MB ahead of the reader: a film plays over a slow line without a pause for each packet. */
const MOST_AHEAD = 32

/** The bytes from `start` to `end` (excluded) in order, with requests ahead of the reader. Stops asking when the reader does. */
export async function* readAhead(files: SftpFiles, handle: Buffer, start: number, end: number): AsyncGenerator<Buffer> {
  const ahead: Promise<Buffer>[] = []
  let asked = start
  try {
    for (;;) {
      while (asked < end && ahead.length < MOST_AHEAD) {
        const part = readPart(files, handle, asked, Math.min(end, asked + CHUNK_BYTES))
        part.catch(() => undefined) // it is awaited below, but perhaps after another one failed
        ahead.push(part)
        asked += CHUNK_BYTES
      }
      const next = ahead.shift()
      if (next === undefined) return
      yield await next
    }
  } finally {
    await Promise.allSettled(ahead)
  }
}

async function readPart(files: SftpFiles, handle: Buffer, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(end - start)
  await files.read(handle, buffer, start)
  return buffer
}
