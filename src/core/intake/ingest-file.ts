import { stat } from 'node:fs/promises'
import type { Clip } from '../../contracts/clip.ts'
import { messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { attempt, ok, type Err, type Result } from '../../contracts/result.ts'
import type { IncomingFile } from '../../contracts/source.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { callPlugin } from '../stages/call-plugin.ts'
import { clipTimes } from './clip-times.ts'
import { motionScores } from './motion-scores.ts'
import type { Spool, StagedFile } from './spool.ts'

/** Counting the packets of a day-long recording takes minutes; a probe that hangs must not close the door for ever. */
const PROBE_TIMEOUT_MS = 600_000

export interface ProbedVideo {
  readonly duration_s: number
  readonly creation_time: string | null
  /** False: the clip is made an MP4 on its way in, with the same pictures. */
  readonly is_mp4: boolean
}

export interface IngestDeps {
  readonly spool: Spool
  readonly probe: (path: string, signal: AbortSignal) => Promise<Result<ProbedVideo, PluginError>>
  readonly remux: (path: string, output: string, signal: AbortSignal) => Promise<Result<void, PluginError>>
  /** The clip that has these bytes already, or null; else marks them as being taken until the returned claim is disposed. */
  readonly claim: (sha256: string) => Promise<{ readonly clip_id: string } | Disposable>
  readonly now: () => Date
}

export type Ingested =
  | { readonly state: 'clip'; readonly clip: Clip }
  | { readonly state: 'duplicate'; readonly clip_id: string }
  | { readonly state: 'quarantined'; readonly path: string; readonly reason: string }

/**
 * Makes a received file into a clip in the spool, or finds that it is one already, or puts it aside. Nothing is ever dropped:
 * an error means the file is still where it was.
 * @param onClip is called with the finished clip before its bytes may be claimed again.
 */
export async function ingestFile(
  file: IncomingFile,
  origin: { readonly camera_name: string; readonly source_backend: string },
  deps: IngestDeps,
  context: { readonly onClip: (clip: Clip) => void; readonly signal: AbortSignal },
): Promise<Result<Ingested, PluginError>> {
  using _name = deps.spool.keepName(file.path)
  const facts = await attempt(
    () => stat(file.path),
    (cause) => pluginError('invalid', `the file is gone: ${messageOf(cause)}`, cause),
  )
  if (!facts.ok) return facts
  // Looked at in its place: a file that is refused for a passing reason has not been moved.
  const [probed, sha256] = await Promise.all([probedVideo(file.path, deps, context.signal), hashed(file.path, context.signal)])
  if (!sha256.ok) return sha256
  if (!probed.ok && probed.error.kind !== 'invalid') return probed

  const claim = await deps.claim(sha256.value)
  if ('clip_id' in claim) {
    await letGo(file, { ...origin, clip_id: claim.clip_id }, deps.spool)
    return ok({ state: 'duplicate', clip_id: claim.clip_id })
  }
  using _claimed = claim
  const staged = await stage(file, { ...origin, remux: probed.ok && !probed.value.is_mp4 }, deps, context.signal)
  if (!staged.ok) return staged
  if (!probed.ok) return await quarantine(staged.value, file, probed.error.message, deps)

  const times = clipTimes({
    creationTime: probed.value.creation_time,
    sourceStart: file.start_ts,
    sourceEnd: file.end_ts,
    mtimeMs: facts.value.mtimeMs,
    durationS: probed.value.duration_s,
  })
  const placed = await deps.spool.commit(staged.value, Math.floor(Date.parse(times.start_ts) / 1000), file.path)
  if (!placed.ok) return await putBack(staged.value, file, deps.spool, placed)
  await letGo(file, { ...origin, clip_id: placed.value.clip_id }, deps.spool)
  const clip: Clip = {
    clip_id: placed.value.clip_id,
    camera_name: origin.camera_name,
    local_path: placed.value.path,
    ...times,
    duration_s: probed.value.duration_s,
    size_bytes: placed.value.size_bytes,
    content_sha256: sha256.value,
    source_backend: origin.source_backend,
    original_name: file.original_name,
    motion_scores: motionScores(file.motion_scores),
  }
  context.onClip(clip)
  return ok({ state: 'clip', clip })
}

/** A container that MP4 cannot stand in for is kept as it came: better a clip under a wrong ending than none. */
async function stage(
  file: IncomingFile,
  want: { readonly camera_name: string; readonly remux: boolean },
  { spool, remux }: IngestDeps,
  signal: AbortSignal,
): Promise<Result<StagedFile, PluginError>> {
  if (want.remux) {
    const made = await spool.stageMade(want.camera_name, (output) => remux(file.path, output, signal))
    if (made.ok || made.error.kind !== 'invalid') return made
  }
  return await spool.stage(file.path, want.camera_name, file.take)
}

/** Removes what a copy from another disk left behind; but a leftover of the spool may have become the clip under its old name. */
async function letGo(file: IncomingFile, clip: { readonly camera_name: string; readonly clip_id: string }, spool: Spool): Promise<void> {
  if (file.take === 'link' || file.path === spool.pathOf(clip.camera_name, clip.clip_id)) return
  await spool.discard({ path: file.path, camera_name: clip.camera_name })
}

function probedVideo(path: string, deps: IngestDeps, signal: AbortSignal): Promise<Result<ProbedVideo, PluginError>> {
  return callPlugin({ plugin: 'ffprobe', timeoutMs: PROBE_TIMEOUT_MS, signal }, (deadline) => deps.probe(path, deadline))
}

async function hashed(path: string, signal: AbortSignal): Promise<Result<string, PluginError>> {
  return await attempt(
    () => hashFile(path, signal),
    (cause) => pluginError(signal.aborted ? 'cancelled' : 'unavailable', `the file could not be read: ${messageOf(cause)}`, cause),
  )
}

/** What was refused is where it was, so that the source can offer it again. */
async function putBack(staged: StagedFile, file: IncomingFile, spool: Spool, refusal: Err<PluginError>): Promise<Err<PluginError>> {
  await spool.unstage(staged, file.path)
  return refusal
}

async function quarantine(
  staged: StagedFile,
  file: IncomingFile,
  reason: string,
  deps: IngestDeps,
): Promise<Result<Ingested, PluginError>> {
  const put = await deps.spool.quarantine(staged, file.original_name, deps.now())
  if (!put.ok) return await putBack(staged, file, deps.spool, put)
  return ok({ state: 'quarantined', path: put.value, reason })
}
