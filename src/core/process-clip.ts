import { AlertDecisionSchema, type AlertDecision } from '../contracts/alert.ts'
import type { AlertFacts } from '../contracts/alert-policy.ts'
import type { ClipStateData, StageLog } from '../contracts/clip-state.ts'
import type { FilterResult } from '../contracts/detection.ts'
import { pluginError } from '../contracts/errors.ts'
import { skipped, type StageOutcome, type StageOutputs } from '../contracts/stages.ts'
import { withLogContext } from '../lib/log-context.ts'
import { within } from '../lib/within.ts'
import type { AnnounceClip } from './announce-clip.ts'
import type { ArtifactKeeper, Thumbnail } from './artifacts.ts'
import type { ClipFileOpener } from './clip-file.ts'
import type { ClipRepository } from './clip-repository.ts'
import { failedKind } from './pipeline-debt.ts'
import { runStage, type Stage, type StageRunner } from './run-stage.ts'
import type { AnalyzeVerdict } from './should-analyze.ts'

/** The plugins as stages. `path` is a readable local copy of the clip. */
export interface ClipStages {
  readonly upload: (clip: ClipStateData) => Stage<'upload'>
  readonly filter: (clip: ClipStateData, path: string) => Stage<'filter'>
  readonly vlm: (clip: ClipStateData, path: string, detection: FilterResult) => Stage<'vlm'>
}

export interface ProcessClip {
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'record' | 'get'>
  readonly stages: ClipStages
  readonly openFile: ClipFileOpener
  readonly artifacts: ArtifactKeeper
  readonly shouldAnalyze: (detection: FilterResult) => AnalyzeVerdict
  readonly decide: (facts: AlertFacts) => AlertDecision
  readonly announce: AnnounceClip
  /** How long an alert may wait for its link. */
  readonly maxUploadWaitMs: number
  /** `retry.on_exhausted: fail`: a failed analysis ends the clip without a decision. */
  readonly decideWithoutAnalysis: boolean
}

/**
 * Takes one clip from file to notification, from wherever an earlier life of it ended.
 *
 *   upload ─────────────────────────────┐ (bounded wait)
 *   filter ──> vlm (if triggered) ──────┴──> decide ──> notify (if decided)
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

    const uploading = upload(run) // overlaps everything below
    const filter = await detect(run)
    if (filter.state !== 'ok' || isOver(run)) {
      slot[Symbol.dispose]()
      await uploading
      return
    }

    const picture = once(() => deps.artifacts.thumbnail(clip, filter.value, file.path, signal))
    const keepPicture = once(() => deps.artifacts.keepThumbnail(clip.clip_id, picture(), signal))
    const keeping = filter.value.best_frame_s === null ? null : keepPicture() // overlaps the analysis
    const vlm = await analyze(run, filter.value)
    if (isOver(run)) {
      await Promise.all([uploading, keeping])
      return
    }

    const decision = decide(run, { camera_name: clip.camera_name, filter_result: filter.value, vlm, min_risk_level: null })
    slot[Symbol.dispose]()
    if (decision.notify) await within(Promise.all([uploading, keeping]), deps.maxUploadWaitMs, signal)
    await tell(run, decision, picture)

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

async function upload({ clip, deps, signal }: Run): Promise<StageOutcome<'upload'>> {
  const { storage_uri, view_url, stages } = clip
  if (stages.upload.status === 'ok' && storage_uri !== null) return { state: 'ok', value: { storage_uri, view_url } }
  return runStage(deps.runner, deps.stages.upload(clip), { clip_id: clip.clip_id, attemptsBefore: stages.upload.attempts }, signal)
}

async function detect({ clip, path, deps, signal }: Run): Promise<StageOutcome<'filter'>> {
  if (clip.filter_result !== null) return { state: 'ok', value: clip.filter_result }
  const target = { clip_id: clip.clip_id, attemptsBefore: clip.stages.filter.attempts }
  return runStage(withoutOldNews(deps.runner, clip.stages.filter), deps.stages.filter(clip, path), target, signal)
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

function decide({ clip, deps }: Run, facts: AlertFacts): AlertDecision {
  if (clip.alert_decision !== null) return clip.alert_decision
  const alert_decision = judged(facts, deps)
  deps.repository.record(clip.clip_id, { event_type: 'alert_decision_made', alert_decision })
  deps.runner.log.info({ event_type: 'alert_decision_made', ...alert_decision }, alert_decision.notify ? 'alerting' : 'no alert')
  return alert_decision
}

function judged(facts: AlertFacts, deps: ProcessClip): AlertDecision {
  if (facts.vlm.state === 'failed' && !deps.decideWithoutAnalysis)
    return { notify: false, notify_reason: 'vlm failed and retry.on_exhausted=fail' }
  try {
    return AlertDecisionSchema.parse(deps.decide(facts))
  } catch (cause) {
    // A policy that breaks its contract must not cost the household the alert.
    deps.runner.log.error({ event_type: 'alert_policy_threw', cause }, 'the alert policy threw; alerting to be safe')
    return { notify: true, notify_reason: 'unverified: alert policy failed' }
  }
}

async function tell({ clip, deps, signal }: Run, decision: AlertDecision, picture: () => Thumbnail): Promise<void> {
  const state = deps.repository.get(clip.clip_id)
  if (state === null || state.deleted_at !== null) return
  if (decision.notify) await deps.announce(state, picture(), signal)
  else if (state.stages.notify.status !== 'skipped') {
    deps.repository.record(clip.clip_id, { event_type: 'notification_skipped', reason: decision.notify_reason })
  }
}
