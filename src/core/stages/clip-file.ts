import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf, type ClipStateData } from '../../contracts/clip-state.ts'
import type { PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import type { StorageBackend } from '../../contracts/storage.ts'
import { isThere } from '../../lib/is-there.ts'
import { callPlugin } from './call-plugin.ts'

/** A readable local copy of a clip; disposal removes it if it was only borrowed from the storage. */
export interface ClipFile extends AsyncDisposable {
  readonly path: string
  /** Why it is nowhere here, when it had to be fetched from the storage and could not. */
  readonly notFetched: PluginError | null
}

/** Never rejects: when neither the spool nor the storage has the clip, the path leads nowhere and its reader says so. */
export type ClipFileOpener = (
  clip: Pick<ClipStateData, 'clip_id' | 'local_path' | 'storage_uri' | 'copies'>,
  signal: AbortSignal,
) => Promise<ClipFile>

export function clipFileOpener(deps: {
  readonly storage: Pick<StorageBackend, 'get'>
  readonly tempDir: string
  readonly timeoutMs: number
  readonly log: Logger
}): ClipFileOpener {
  return async (clip, signal) => {
    const inSpool: ClipFile = { path: clip.local_path, notFetched: null, [Symbol.asyncDispose]: async () => undefined }
    const storage_uri = addressOf(clip)
    if (storage_uri === null || (await isThere(clip.local_path))) return inSpool
    const path = join(deps.tempDir, `${randomUUID()}.mp4`)
    await mkdir(deps.tempDir, { recursive: true }).catch(() => undefined) // the download reports what is wrong with the folder
    const call = { plugin: 'storage', timeoutMs: deps.timeoutMs, signal }
    const fetched = await callPlugin(call, (deadline) => deps.storage.get(storage_uri, path, deadline))
    if (!fetched.ok) {
      deps.log.warn(
        { event_type: 'clip_not_fetched', kind: fetched.error.kind, error: fetched.error.message },
        'the clip could not be fetched back',
      )
      return { ...inSpool, notFetched: fetched.error }
    }
    return { path, notFetched: null, [Symbol.asyncDispose]: () => rm(path, { force: true }).catch(() => undefined) }
  }
}
