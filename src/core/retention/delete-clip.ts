import { rm } from 'node:fs/promises'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { StorageBackend } from '../../contracts/storage.ts'
import { callPlugin } from '../stages/call-plugin.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import type { StorageKeys } from '../stages/storage-keys.ts'
import { removalsOf, unknownRemovals, type Removal } from './stored-objects.ts'

const DELETE_TIMEOUT_MS = 30_000
/** For what is probably not there. */
const LEFTOVERS_TIMEOUT_MS = 5_000

export interface DeleteDeps {
  readonly repository: Pick<ClipRepository, 'hold' | 'get' | 'record' | 'read'>
  readonly storage: Pick<StorageBackend, 'delete' | 'places' | 'locate'>
  readonly keys: StorageKeys
}

/**
 * Deletes a clip everywhere: local file, stored object and its copies, artifacts. The mark comes first, so that nothing uploads it
 * again meanwhile; repeating the call finishes what a failure left. Null for an unknown clip.
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

  if (clip.deleted_at === null) {
    deps.repository.record(clipId, { event_type: 'clip_deleted', deleted_local: false, deleted_storage: false, reason: 'owner' })
  }
  const local = await removeLocal(clip.local_path)
  if (!local.ok) return local
  const emptied = await removeStored(clipId, deps, signal)
  if (!emptied.ok) return emptied
  await removeLeftovers(clip, deps, signal)
  const done = { deleted_local: local.value, deleted_storage: emptied.value > 0 }
  deps.repository.record(clipId, { event_type: 'clip_deleted', ...done, reason: 'owner' })
  return ok(done)
}

/** Looks again after each object: an upload that was under way may have brought one more. */
async function removeStored(clipId: string, deps: DeleteDeps, signal: AbortSignal): Promise<Result<number, PluginError>> {
  const gone = new Set<string>()
  for (;;) {
    const clip = deps.repository.get(clipId)
    const next = clip === null ? undefined : removalsOf(clip, deps.storage).find(({ id }) => !gone.has(id))
    if (next === undefined) return ok(gone.size)
    const deleted = await call(next, DELETE_TIMEOUT_MS, signal)
    const isOutOfReach = !deleted.ok && deleted.error.kind === 'invalid' && next.mayBeForeign
    if (!deleted.ok && !isOutOfReach) return deleted
    gone.add(next.id)
  }
}

/** What a place took without telling us in time. A place that does not answer has most likely taken nothing. */
async function removeLeftovers(clip: ClipStateData, { storage, keys }: DeleteDeps, signal: AbortSignal): Promise<void> {
  await Promise.allSettled(unknownRemovals(clip, storage, keys).map((removal) => call(removal, LEFTOVERS_TIMEOUT_MS, signal)))
}

function call({ run }: Removal, timeoutMs: number, signal: AbortSignal): Promise<Result<void, PluginError>> {
  return callPlugin({ plugin: 'storage', timeoutMs, signal }, run)
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
