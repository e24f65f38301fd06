import { rm } from 'node:fs/promises'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import type { ClipRepository } from './clip-repository.ts'

export interface DeleteDeps {
  readonly repository: Pick<ClipRepository, 'hold' | 'get' | 'record' | 'read'>
  readonly storage: Pick<StorageBackend, 'delete'>
}

/**
 * Deletes a clip everywhere: local file, stored object, artifacts. The mark comes first, so that nothing uploads it again
 * meanwhile; repeating the call finishes what a failure left. Null for an unknown clip.
 */
export async function deleteClip(
  clipId: string,
  deps: DeleteDeps,
  signal: AbortSignal,
): Promise<Result<{ readonly deleted_local: boolean; readonly deleted_storage: boolean } | null, PluginError>> {
  const known = await deps.repository.read(clipId)
  if (!known.ok) return known
  if (known.value === null) return ok(null)
  const held = await deps.repository.hold(clipId)
  if (!held.ok) return held
  using _held = held.value
  const clip = deps.repository.get(clipId)
  if (clip === null) return ok(null)

  deps.repository.record(clipId, { event_type: 'clip_deleted', deleted_local: false, deleted_storage: false, reason: 'owner' })
  const local = await removeLocal(clip.local_path)
  if (!local.ok) return local
  const stored = [clip.storage_uri, clip.thumbnail_uri, clip.analysis_uri].filter((uri) => uri !== null)
  for (const uri of stored) {
    const deleted = await deps.storage.delete(uri, signal)
    if (!deleted.ok) return deleted
  }
  const done = { deleted_local: local.value, deleted_storage: stored.length > 0 }
  deps.repository.record(clipId, { event_type: 'clip_deleted', ...done, reason: 'owner' })
  return ok(done)
}

async function removeLocal(path: string): Promise<Result<boolean, PluginError>> {
  try {
    await rm(path)
    return ok(true)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return ok(false)
    return err(pluginError('unavailable', `the local file could not be removed: ${codeOf(cause) || messageOf(cause)}`, cause))
  }
}
