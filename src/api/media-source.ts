import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import type { ProblemCode } from '../contracts/api/problem.ts'
import { addressOf, type ClipStateData } from '../contracts/clip-state.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { ByteRange } from '../contracts/storage.ts'
import { STORAGE_TIMEOUT_MS } from './context.ts'
import type { ApiDeps } from './deps.ts'
import { storageProblem } from './problems.ts'
import { answerWithin } from './answer-within.ts'

/** A recording that can be read from. Disposing it does not end a stream it handed out. */
export interface MediaSource extends AsyncDisposable {
  readonly size: number
  /** Only the bytes asked for are read. The stream ends its own source when it is destroyed. */
  open(range: ByteRange | null, signal: AbortSignal): Promise<Result<Readable, ProblemCode>>
}

/** The local file while there is one, else the copy in the storage. */
export async function openMedia(clip: ClipStateData, deps: Pick<ApiDeps, 'storage' | 'log'>): Promise<Result<MediaSource, ProblemCode>> {
  if (clip.status === 'deleted') return err('MEDIA_NOT_FOUND')
  const local = clip.local_deleted_at === null ? await openLocal(clip) : null
  if (local !== null) return ok(local)
  const uri = addressOf(clip)
  return uri === null ? err('MEDIA_NOT_FOUND') : ok(stored(uri, clip.size_bytes, deps))
}

/** Null when it is not there: retention may be quicker than the record of it. */
async function openLocal(clip: ClipStateData): Promise<MediaSource | null> {
  // A row from a database is not proof enough to open any path on this machine.
  if (basename(clip.local_path) !== clip.clip_id) return null
  const file = await open(clip.local_path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null)
  const stats = await file?.stat()
  if (file === null || stats?.isFile() !== true) {
    await file?.close()
    return null
  }
  let handedOut = false
  return {
    size: stats.size,
    async open(range) {
      handedOut = true
      return ok(file.createReadStream({ ...range, autoClose: true }))
    },
    async [Symbol.asyncDispose]() {
      if (!handedOut) await file.close()
    },
  }
}

function stored(uri: string, size: number, { storage, log }: Pick<ApiDeps, 'storage' | 'log'>): MediaSource {
  return {
    size,
    async open(range, signal) {
      const read = await answerWithin(
        STORAGE_TIMEOUT_MS,
        signal,
        (deadline) => storage.read(uri, range, deadline),
        (late) => late.stream.destroy(),
      )
      if (!read.ok) return err(storageProblem(read.error, log, 'MEDIA_NOT_FOUND'))
      if (read.value.size === size) return ok(read.value.stream)
      read.value.stream.destroy()
      log.warn(
        { event_type: 'stored_clip_size_differs', expected_bytes: size, stored_bytes: read.value.size },
        'stored clip is not the one recorded',
      )
      return err('STORAGE_UNAVAILABLE')
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
