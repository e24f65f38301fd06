import type { Socket } from 'node:net'
import { codeOf } from '../../../../contracts/errors.ts'
import type { Clock } from '../../../../contracts/clock.ts'
import type { PartialUpload } from '../inbox/partial-upload.ts'

/** How a transfer ended. Only `whole` is a file. */
export type Ending = 'whole' | 'broken' | 'stalled' | 'cancelled' | 'too-large' | 'disk'

export interface ReceiveLimits {
  readonly maxBytes: number
  readonly stallMs: number
  readonly rateBytesPerS: number | null
}

/** Writes what arrives, no faster than the disk takes it. Does not close the upload. */
export async function receive(
  socket: Socket,
  upload: PartialUpload,
  limits: ReceiveLimits,
  { clock, signal }: { readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>; readonly signal: AbortSignal },
): Promise<Ending> {
  const stop = () => socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const startedMs = clock.monotonicMs()
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> // no encoding is set, so these are bytes
  try {
    for (;;) {
      const next = await nextWithin(chunks, limits.stallMs)
      if (next === 'stalled') return signal.aborted ? 'cancelled' : 'stalled'
      if (next === 'broken') return signal.aborted ? 'cancelled' : 'broken'
      if (next === 'end') return signal.aborted ? 'cancelled' : 'whole'
      if (upload.bytes + next.length > limits.maxBytes) return 'too-large'
      if (!(await written(upload, next))) return 'disk'
      const aheadMs = msAhead(upload.bytes, clock.monotonicMs() - startedMs, limits.rateBytesPerS)
      if (aheadMs > 0) await clock.sleep(aheadMs, signal)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** How long to wait so that so many bytes in so much time are no more than the rate. */
export function msAhead(bytes: number, elapsedMs: number, rateBytesPerS: number | null): number {
  return rateBytesPerS === null ? 0 : Math.max(0, (bytes / rateBytesPerS) * 1000 - elapsedMs)
}

/** Only the time the client keeps us waiting counts, not the time our disk takes. */
function nextWithin(chunks: AsyncIterator<Uint8Array>, ms: number): Promise<Uint8Array | 'end' | 'broken' | 'stalled'> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, 'stalled')
    chunks
      .next()
      .then(
        ({ value, done }) => resolve(done === true ? 'end' : value),
        () => resolve('broken'),
      )
      .finally(() => clearTimeout(timer))
  })
}

async function written(upload: PartialUpload, chunk: Uint8Array): Promise<boolean> {
  try {
    await upload.write(chunk)
    return true
  } catch (cause) {
    if (codeOf(cause) === '') throw cause
    return false
  }
}
