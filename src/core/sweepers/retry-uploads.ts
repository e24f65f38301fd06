import { access } from 'node:fs/promises'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { codeOf, type ErrorKind } from '../../contracts/errors.ts'
import type { StageOutcome } from '../../contracts/stages.ts'
import type { StorageBackend } from '../../contracts/storage.ts'
import { withLogContext } from '../../lib/log-context.ts'
import type { ArtifactKeeper } from '../stages/artifacts.ts'
import type { ClipFileOpener } from '../stages/clip-file.ts'
import type { ClipIndex } from '../clips/clip-index.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { DebtSweeper, type Payment } from './debt-sweeper.ts'
import { deleteClip } from '../retention/delete-clip.ts'
import type { ClipStages } from '../process-clip.ts'
import { onceQuietly, runStage, type StageRunner } from '../stages/run-stage.ts'
import { missingArtifacts, owesStorage } from '../clips/storage-debt.ts'
import type { StorageKeys } from '../stages/storage-keys.ts'

export interface UploadDebtDeps {
  readonly index: Pick<ClipIndex, 'owing'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'record' | 'read'>
  readonly storage: Pick<StorageBackend, 'delete' | 'places' | 'locate'>
  readonly keys: StorageKeys
  readonly runner: StageRunner
  readonly stages: Pick<ClipStages, 'upload'>
  readonly artifacts: ArtifactKeeper
  readonly openFile: ClipFileOpener
  readonly clock: Clock
  readonly firstDelayMs: number
}

/** Brings to the storage what it still lacks, and takes from it what was deleted. */
export function sweepUploads(deps: UploadDebtDeps): DebtSweeper {
  const { index, clock, runner, firstDelayMs } = deps
  const pay = (clipId: string, signal: AbortSignal) => payStorage(clipId, deps, signal)
  return new DebtSweeper({ owing: () => index.owing('storage'), pay, clock, random: runner.random, firstDelayMs })
}

async function payStorage(clipId: string, deps: UploadDebtDeps, signal: AbortSignal): Promise<Payment> {
  const { repository } = deps
  const held = await repository.hold(clipId)
  if (!held.ok) return 'hopeless'
  using _held = held.value
  const clip = repository.get(clipId)
  // Read anew: the pipeline may have taken it up again.
  if (clip === null || !owesStorage(clip)) return 'paid'
  return await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
    if (clip.deleted_at !== null) return (await deleteClip(clipId, deps, signal)).ok ? 'paid' : 'refused'
    const uploaded = await upload(clip, deps, signal)
    if (uploaded.state === 'failed') return explain(uploaded.error.kind, clip, deps)
    await keepArtifacts(clip, deps, signal)
    const after = repository.get(clipId)
    if (after === null || after.deleted_at !== null || !owesStorage(after)) return 'paid'
    return isBadPicture(clip, after) ? 'hopeless' : 'refused'
  })
}

/** Whether this try ended at a picture that this file does not give, which says nothing about the others. */
function isBadPicture(before: ClipStateData, { thumbnail_failure: failure }: ClipStateData): boolean {
  const { thumbnail_failure: earlier } = before
  if (failure === null || (failure.attempts === earlier?.attempts && failure.last_error === earlier.last_error)) return false
  return !failure.last_error.startsWith('unavailable: ')
}

/** A file that is gone cannot be uploaded at the next pass either, so the debt is written off. */
async function explain(kind: ErrorKind, { clip_id, local_path }: ClipStateData, deps: UploadDebtDeps): Promise<Payment> {
  if (kind !== 'invalid') return 'refused'
  const missing = await access(local_path).then(
    () => false,
    (cause: unknown) => codeOf(cause) === 'ENOENT',
  )
  if (missing) deps.repository.record(clip_id, { event_type: 'clip_pruned', reason: 'missing' })
  return 'hopeless'
}

async function upload(clip: ClipStateData, deps: UploadDebtDeps, signal: AbortSignal): Promise<StageOutcome<'upload'>> {
  const { storage_uri, view_url, stages } = clip
  if (stages.upload.status === 'ok' && storage_uri !== null) return { state: 'ok', value: { storage_uri, view_url } }
  const target = { clip_id: clip.clip_id, attemptsBefore: stages.upload.attempts }
  return runStage(onceQuietly(deps.runner), deps.stages.upload(clip), target, signal)
}

/** The storage has lost it, or it is too large for the line: fetching it for ever would help nobody. */
const BAD_FETCHES: readonly ErrorKind[] = ['invalid', 'timeout']

async function keepArtifacts(clip: ClipStateData, { artifacts, openFile }: UploadDebtDeps, signal: AbortSignal): Promise<void> {
  if (missingArtifacts(clip).includes('thumbnail') && clip.filter_result !== null) {
    await using file = await openFile(clip, signal)
    if (file.notFetched === null) {
      const thumbnail = artifacts.thumbnail(clip, clip.filter_result, file.path, signal)
      await artifacts.keepThumbnail(clip.clip_id, thumbnail, signal)
    } else if (BAD_FETCHES.includes(file.notFetched.kind)) artifacts.noPicture(clip.clip_id, file.notFetched)
  }
  await artifacts.keepAnalysis(clip.clip_id, signal)
}
