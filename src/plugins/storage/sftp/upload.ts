import { fault } from '../../../lib/remote-storage/fault.ts'
import type { RemoteEntry, SftpFiles } from './sftp-files.ts'

/** What is to be stored. The chunks can be had once. */
export interface Source {
  readonly size: number
  readonly chunks: AsyncIterable<Uint8Array>
  /** Hears of what the server has confirmed. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** Every server takes packets of this size, and ssh2 does not have to split them. */
const SLICE_BYTES = 31 * 1024
/** Half a megabyte under way: 40 Mbit/s at a tenth of a second to the server and back. */
const MOST_UNDER_WAY = 16

/**
 * Fills a file that was just created, several packets under way at once, and returns what the server then says of it. When it rejects,
 * no packet is under way any more and the file is closed; removing it is the caller's.
 */
export async function writeFileAhead(files: SftpFiles, handle: Buffer, source: Source, signal: AbortSignal): Promise<RemoteEntry> {
  try {
    await writeAll(files, handle, source, signal)
    await files.sync(handle)
    const entry = await files.statOf(handle)
    // Against what there was to store, not what was sent: nothing sent and nothing kept is no success.
    if (entry.size !== source.size) throw fault('unavailable', `the server kept ${entry.size} of ${source.size} bytes`)
    await files.close(handle)
    return entry
  } catch (cause) {
    await files.close(handle).catch(() => undefined) // what went wrong before matters more
    throw cause
  }
}

async function writeAll(files: SftpFiles, handle: Buffer, { chunks, onBytes }: Source, signal: AbortSignal): Promise<void> {
  const underWay = new Set<Promise<void>>()
  const failures: Error[] = []
  let position = 0
  const start = (slice: Uint8Array) => {
    const writing = files.write(handle, slice, position).then(
      () => {
        underWay.delete(writing)
        onBytes?.(slice.length)
      },
      (cause: unknown) => {
        failures.push(cause instanceof Error ? cause : new Error(String(cause)))
        underWay.delete(writing)
      },
    )
    underWay.add(writing)
    position += slice.length
  }
  try {
    for await (const slice of slicesOf(chunks)) {
      signal.throwIfAborted()
      if (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay)
      if (failures[0] !== undefined) throw failures[0]
      start(slice)
    }
  } finally {
    await Promise.all(underWay)
  }
  if (failures[0] !== undefined) throw failures[0]
}

async function* slicesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length; offset += SLICE_BYTES) yield chunk.subarray(offset, offset + SLICE_BYTES)
  }
}
