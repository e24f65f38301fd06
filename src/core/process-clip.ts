import type { AlertDecision } from '../contracts/alert.ts'
import type { AlertFacts } from '../contracts/alert-policy.ts'
import type { ClipStateData, StageLog } from '../contracts/clip-state.ts'
import type { FilterResult } from '../contracts/detection.ts'
import { pluginError } from '../contracts/errors.ts'
import type { CameraSettings } from '../contracts/home.ts'
import type { StoredCopy } from '../contracts/storage.ts'
import { skipped, type StageOutcome, type StageOutputs } from '../contracts/stages.ts'
import { withLogContext } from '../lib/log-context.ts'
import { within } from '../lib/within.ts'
import type { AnnounceClip } from './alerts/announce-clip.ts'
import type { ArtifactKeeper, Thumbnail } from './stages/artifacts.ts'
import type { ClipFileOpener } from './stages/clip-file.ts'
import type { ClipRepository } from './clips/clip-repository.ts'
import { decideOn, type DecideDeps } from './alerts/decide-clip.ts'
import type { Consider, FirstAlerts } from './alerts/first-alerts.ts'
import { stands } from './clips/first-alert-state.ts'
import { failedKind } from './clips/pipeline-debt.ts'
import { runStage, type Stage, type StageRunner } from './stages/run-stage.ts'
import type { AnalyzeVerdict } from './stages/should-analyze.ts'
import type { WithdrawAlerts } from './alerts/withdraw-alerts.ts'

/** The plugins as stages. `path` is a readable local copy of the clip. */
export interface ClipStages {
  /** `onCopy` hears of each copy, where the storage keeps several. */
  readonly upload: (clip: ClipStateData, onCopy?: (copy: StoredCopy) => void) => Stage<'upload'>
  /** @param onHit hears what was found as soon as something was. */
  readonly filter: (clip: ClipStateData, path: string, onHit: Consider) => Stage<'filter'>
  readonly vlm: (clip: ClipStateData, path: string, detection: FilterResult) => Stage<'vlm'>
}

export interface ProcessClip extends Pick<DecideDeps, 'decide' | 'settingsOf' | 'decideWithoutAnalysis'> {
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'record' | 'get'>
  readonly stages: ClipStages
  readonly openFile: ClipFileOpener
  readonly artifacts: ArtifactKeeper
  readonly shouldAnalyze: (detection: FilterResult) => AnalyzeVerdict
  readonly firstAlerts: Pick<FirstAlerts, 'begin'>
  readonly announce: AnnounceClip
  readonly withdraw: WithdrawAlerts
  /** How long an alert may wait for its link. */
  readonly maxUploadWaitMs: number
}

/**
 * Takes one clip from file to notification, from wherever an earlier life of it ended.
 *
 *   upload ─────────────────────────────┐ (bounded wait)
 *   filter ──> vlm (if triggered) ──────┴──> decide ──> notify (if decided)
 *      └─> first alert (if instant) ───────────────────────┘ (confirmed or withdrawn)
 *
 * Only a failed filter ends the clip early: without detections there is nothing to decide on. Every other failure is carried
 * forward, so an alert can go out saying what is missing. `slot` is freed once it is decided: what follows is waiting for others, and a
 * notifier that hangs or a slow upload must not hold back the next clip.
 * Never rejects; shutdown leaves the clip as it is, for the next start.
 */
export async function processClip(clip: ClipStateData, deps: ProcessClip, slot: Disposable, signal: AbortSignal): Promise<void> {
  await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
    await using file = await deps.openFile(clip, signal)
    const run: Run = { clip, path: file.path, deps, signal }

    const picture = byBestFrame((detection) => deps.artifacts.thumbnail(clip, detection, file.path, signal))
    const consider = deps.firstAlerts.begin(clip.clip_id, picture, signal)
    let haveLink: () => void = () => undefined
    const linked = new Promise<void>((resolve) => (haveLink = resolve))
    const uploading = upload(run, haveLink) // overlaps everything below
    const filter = await detect(run, consider)
    if (filter.state !== 'ok' || isOver(run)) {
      slot[Symbol.dispose]()
      await Promise.all([uploading, deps.withdraw(clip.clip_id, signal)])
      return
    }

    consider(filter.value)
    const keepPicture = once(() => deps.artifacts.keepThumbnail(clip.clip_id, picture(filter.value), signal))
    const keeping = filter.value.best_frame_s === null ? null : keepPicture() // overlaps the analysis
    const vlm = await analyze(run, filter.value)
    if (isOver(run)) {
      slot[Symbol.dispose]()
      await Promise.all([uploading, keeping, deps.withdraw(clip.clip_id, signal)])
      return
    }

    const decision = decide(run, { camera_name: clip.camera_name, filter_result: filter.value, vlm })
    slot[Symbol.dispose]()
    if (decision.notify) await within(Promise.all([Promise.race([uploading, linked]), keeping]), deps.maxUploadWaitMs, signal)
    await tell(run, decision, () => picture(filter.value))

    await Promise.all([uploading, decision.notify ? keepPicture() : keeping])
    if (isOver(run)) return
    await deps.artifacts.keepAnalysis(clip.clip_id, signal)
    deps.repository.record(clip.clip_id, { event_type: 'clip_finished' })
  })
}

/** One clip on its way. `clip` is as an earlier life left it; what happens meanwhile is in the repository. */
interface Run {
  readonly clip: ClipStateData
  readonly path: string
  readonly deps: ProcessClip
  readonly signal: AbortSignal
}

/** Shutting down, or deleted by the owner meanwhile: nothing more is to be done for this clip now. */
function isOver({ clip, deps, signal }: Run): boolean {
  return signal.aborted || deps.repository.get(clip.clip_id)?.deleted_at != null
}

/** Does the work at the first call, and only then. */
function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | null = null
  return () => (done ??= { value: work() }).value
}

/** Makes each picture once: what is found first is mostly what is shown in the end. */
function byBestFrame(make: (detection: FilterResult) => Thumbnail): (detection: FilterResult) => Thumbnail {
  const made = new Map<number | null, Thumbnail>()
  return (detection) => {
    const picture = made.get(detection.best_frame_s) ?? make(detection)
    made.set(detection.best_frame_s, picture)
    return picture
  }
}

/** @param onLink hears when one of several copies has a link: the alert need not wait for the others. */
async function upload({ clip, deps, signal }: Run, onLink: () => void): Promise<StageOutcome<'upload'>> {
  const { storage_uri, view_url, stages } = clip
  if (stages.upload.status === 'ok' && storage_uri !== null) return { state: 'ok', value: { storage_uri, view_url } }
  const stage = deps.stages.upload(clip, ({ view_url }) => (view_url === null ? undefined : onLink()))
  return runStage(deps.runner, stage, { clip_id: clip.clip_id, attemptsBefore: stages.upload.attempts }, signal)
}

async function detect({ clip, path, deps, signal }: Run, onHit: Consider): Promise<StageOutcome<'filter'>> {
  if (clip.filter_result !== null) return { state: 'ok', value: clip.filter_result }
  const target = { clip_id: clip.clip_id, attemptsBefore: clip.stages.filter.attempts }
  return runStage(withoutOldNews(deps.runner, clip.stages.filter), deps.stages.filter(clip, path, onHit), target, signal)
}

/** A stage that failed for good before, and does so again for the same reason, is nothing new to the owner. */
function withoutOldNews(runner: StageRunner, before: StageLog): StageRunner {
  const known = failedKind(before)
  return { ...runner, onExhausted: (error) => (error.kind === known ? undefined : runner.onExhausted(error)) }
}

async function analyze({ clip, path, deps, signal }: Run, detection: FilterResult): Promise<StageOutcome<'vlm'>> {
  const before = earlierAnalysis(clip)
  if (before !== null) return before
  const verdict = deps.shouldAnalyze(detection)
  if (!verdict.run) {
    deps.repository.record(clip.clip_id, { event_type: 'vlm_skipped', reason: verdict.reason })
    return skipped(verdict.reason)
  }
  const target = { clip_id: clip.clip_id, attemptsBefore: clip.stages.vlm.attempts }
  return runStage(deps.runner, deps.stages.vlm(clip, path, detection), target, signal)
}

/** A verdict that an earlier life of the clip reached, which the restart must not pay for again. */
function earlierAnalysis({ analysis_result, vlm_usage, stages: { vlm }, clip_id }: ClipStateData): StageOutcome<'vlm'> | null {
  if (analysis_result !== null && vlm_usage !== null) {
    const value: StageOutputs['vlm'] = { analysis: analysis_result, usage: vlm_usage }
    return { state: 'ok', value }
  }
  if (vlm.status === 'skipped') return skipped(vlm.last_error ?? 'skipped')
  if (vlm.status !== 'error') return null
  const error = pluginError('unavailable', vlm.last_error ?? 'failed before the restart')
  return { state: 'failed', error: { ...error, stage: 'vlm', plugin: '', clip_id, attempts: vlm.attempts } }
}

function decide({ clip, deps }: Run, seen: Omit<AlertFacts, 'min_risk_level'>): AlertDecision {
  if (clip.alert_decision !== null) return clip.alert_decision
  const { clock, log } = deps.runner
  // A silence that came after the first alert keeps others from hearing of the clip, but who got that alert hears how it ended.
  const isTold = Object.values(deps.repository.get(clip.clip_id)?.first_alerts ?? {}).some(stands)
  const settingsOf = (camera: string) => (isTold ? unsilenced(deps.settingsOf(camera)) : deps.settingsOf(camera))
  const alert_decision = decideOn(seen, { ...deps, settingsOf, clock, log })
  deps.repository.record(clip.clip_id, { event_type: 'alert_decision_made', alert_decision })
  log.info({ event_type: 'alert_decision_made', ...alert_decision }, alert_decision.notify ? 'alerting' : 'no alert')
  return alert_decision
}

function unsilenced(settings: CameraSettings): CameraSettings {
  return { ...settings, alerts_on: true, silenced_until: null }
}

async function tell({ clip, deps, signal }: Run, decision: AlertDecision, picture: () => Thumbnail): Promise<void> {
  const state = deps.repository.get(clip.clip_id)
  if (state?.deleted_at === null) {
    if (decision.notify) await deps.announce(state, picture(), signal)
    else if (state.stages.notify.status !== 'skipped')
      deps.repository.record(clip.clip_id, { event_type: 'notification_skipped', reason: decision.notify_reason })
  }
  await deps.withdraw(clip.clip_id, signal)
}
