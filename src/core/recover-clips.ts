import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import type { JournalStore, SpoolFinding } from '../contracts/journal.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipSink } from '../contracts/source.ts'
import { inBatches } from '../lib/in-batches.ts'
import type { ClipIndex } from './clip-index.ts'
import type { ClipIntake } from './clip-intake.ts'
import type { ClipRepository } from './clip-repository.ts'
import { recoveryDigest } from './recovery-digest.ts'
import { startSecondsOf } from './clip-name.ts'
import { isTooLate, recoveryStep } from './recovery-plan.ts'
import type { SystemAlerts } from './system-alerts.ts'

export interface RecoveryDeps {
  readonly journal: Pick<JournalStore, 'scan'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'read' | 'record'>
  readonly index: Pick<ClipIndex, 'update' | 'get'>
  readonly intake: Pick<ClipIntake, 'run'>
  /** Where files without a clip are offered again. */
  readonly sinkFor: (cameraName: string) => ClipSink
  readonly alerts: Pick<SystemAlerts, 'raise'>
  readonly clock: Pick<Clock, 'now'>
  readonly alertMaxAgeMs: number
  readonly clipsAtOnce: number
  readonly log: Logger
}

interface Leftovers {
  readonly clips: Extract<SpoolFinding, { type: 'clip' }>[]
  readonly files: Extract<SpoolFinding, { type: 'orphan' | 'staged' }>[]
}

/** Learns every clip in the spool. What it returns is still to be finished by `resumeClips`. */
export async function findLeftovers(deps: RecoveryDeps, signal: AbortSignal): Promise<Leftovers> {
  const found: Leftovers = { clips: [], files: [] }
  const scanned = await deps.journal.scan((finding) => {
    if (finding.type === 'clip') {
      // A clip that arrived since the start is known better already.
      const known = deps.index.get(finding.state.clip_id)
      if (known !== undefined && known.eventSeq >= finding.state.event_seq) return
      deps.index.update(finding.state)
      if (recoveryStep(finding).do !== 'nothing') found.clips.push(finding)
    } else if (finding.type === 'unreadable') reportUnreadable(finding, deps)
    else if (finding.type === 'staged' || !isBeingRecorded(finding.path, deps)) found.files.push(finding)
  }, signal)
  if (!scanned.ok) deps.log.error({ event_type: 'spool_scan_failed', error: scanned.error.message }, 'the spool could not be read')
  return found
}

/**
 * Finishes what an earlier run left: newest first, each from its last finished stage. Clips too old to alert are counted in one
 * message at the end. Resolves when all have been through the pipeline.
 */
export async function resumeClips(left: Leftovers, deps: RecoveryDeps, signal: AbortSignal): Promise<void> {
  const total = left.clips.length + left.files.length
  if (total > 0)
    deps.log.info(
      { event_type: 'recovery_started', clips: left.clips.length, files: left.files.length },
      'finishing clips of an earlier run',
    )
  const newestFirst = left.clips.toSorted((a, b) => b.state.start_ts.localeCompare(a.state.start_ts))
  const silent: ClipStateData[] = []

  await inBatches(left.files, 1, signal, (file) => takeIn(file, deps))
  await inBatches(newestFirst, deps.clipsAtOnce, signal, async (finding) => {
    const resumed = await resume(finding, deps)
    if (resumed !== null && isTooLate(resumed, deps.clock.now().getTime(), deps.alertMaxAgeMs) && resumed.alert_sent_at === null)
      silent.push(resumed)
  })
  if (total > 0 && !signal.aborted)
    deps.log.info({ event_type: 'recovery_finished', clips: total }, 'all clips of the earlier run are through')
  const message = signal.aborted ? null : recoveryDigest(silent)
  if (message !== null) deps.alerts.raise({ code: 'recovery_digest', severity: 'info', message, camera_name: null, clip_id: null })
}

async function resume(finding: Extract<SpoolFinding, { type: 'clip' }>, deps: RecoveryDeps): Promise<ClipStateData | null> {
  const { clip_id, local_path } = finding.state
  const step = recoveryStep(finding)
  if (step.do === 'remove_file') {
    await rm(local_path, { force: true }).catch(() => undefined) // tried again at the next start
    return null
  }
  const held = await deps.repository.hold(clip_id)
  if (!held.ok) {
    reportUnreadable({ path: clip_id, reason: held.error.message }, deps)
    return null
  }
  using _held = held.value
  if (step.do === 'give_up' || step.do === 'note_missing') deps.repository.record(clip_id, { event_type: 'clip_pruned', reason: 'missing' })
  if (step.do === 'give_up') {
    deps.log.error({ event_type: 'clip_missing', clip_id }, 'the file of a clip is gone before it was stored')
    return null
  }
  if (step.do === 'note_missing' && !step.thenResume) return null
  deps.repository.record(clip_id, { event_type: 'clip_recovered', reason: `status ${finding.state.status} at start` })
  await deps.intake.run(clip_id, 'backlog')
  const after = deps.repository.get(clip_id)
  return after?.stages.notify.last_error === 'too_late_counted_in_digest' ? after : null
}

async function takeIn({ cameraName, path }: { readonly cameraName: string; readonly path: string }, deps: RecoveryDeps): Promise<void> {
  const name = basename(path)
  if (deps.index.get(name) !== undefined) return // it was being recorded while we looked
  // The second in its name is what its source knew of it.
  const seconds = startSecondsOf(cameraName, name)
  const start_ts = seconds === null ? null : new Date(seconds * 1000).toISOString()
  const taken = await deps.sinkFor(cameraName).accept({ path, original_name: name, start_ts, end_ts: null, take: 'move' })
  if (!taken.ok)
    deps.log.warn({ event_type: 'leftover_not_taken', path, error: taken.error.message }, 'a leftover file could not be taken in yet')
}

/** Between its final name and its first journal a new clip looks like an orphan. */
function isBeingRecorded(path: string, deps: RecoveryDeps): boolean {
  return deps.repository.get(basename(path)) !== null
}

function reportUnreadable({ path, reason }: { readonly path: string; readonly reason: string }, deps: RecoveryDeps): void {
  const message = `The journal ${path} is left untouched: ${reason}. Its clip stays in the spool and is not processed.`
  deps.alerts.raise({ code: 'journal_unreadable', severity: 'error', message, camera_name: null, clip_id: null }, path)
}
