import { rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { JournalStore, SpoolFinding } from '../../contracts/journal.ts'
import type { Logger } from '../../contracts/logger.ts'
import type { ClipSink } from '../../contracts/source.ts'
import { inBatches } from '../../lib/in-batches.ts'
import type { ClipIndex } from '../clips/clip-index.ts'
import type { ClipIntake } from './clip-intake.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { COUNTED, owesDigest, recoveryDigest } from '../clips/recovery-digest.ts'
import { startSecondsOf } from './clip-name.ts'
import { recoveryStep } from './recovery-plan.ts'
import type { SystemAlerts } from '../alerts/system-alerts.ts'

export interface RecoveryDeps {
  readonly journal: Pick<JournalStore, 'scan'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'read' | 'record'>
  readonly index: Pick<ClipIndex, 'update' | 'get'>
  readonly intake: Pick<ClipIntake, 'run'>
  /** Where files without a clip are offered again. */
  readonly sinkFor: (cameraName: string) => ClipSink
  readonly alerts: Pick<SystemAlerts, 'raise' | 'tell'>
  readonly clipsAtOnce: number
  readonly configHash: string
  readonly log: Logger
}

interface Leftovers {
  readonly clips: Extract<SpoolFinding, { type: 'clip' }>[]
  readonly files: Extract<SpoolFinding, { type: 'orphan' | 'staged' }>[]
  /** Clips that an earlier run was about to count in its digest. */
  readonly uncounted: ClipStateData[]
}

/** Learns every clip in the spool. What it returns is still to be finished by `resumeClips`. */
export async function findLeftovers(deps: RecoveryDeps, signal: AbortSignal): Promise<Leftovers> {
  const found: Leftovers = { clips: [], files: [], uncounted: [] }
  const scanned = await deps.journal.scan((finding) => {
    if (finding.type === 'clip') {
      // A clip that arrived since the start is known better already.
      const known = deps.index.get(finding.state.clip_id)
      if (known !== undefined && known.eventSeq >= finding.state.event_seq) return
      deps.index.update(finding.state)
      if (owesDigest(finding.state)) found.uncounted.push(finding.state)
      if (recoveryStep(finding, deps.configHash).do !== 'nothing') found.clips.push(finding)
    } else if (finding.type === 'unreadable') reportUnreadable(finding, deps)
    else if (finding.type === 'staged' || !isBeingRecorded(finding.path, deps)) found.files.push(finding)
  }, signal)
  if (!scanned.ok) deps.log.error({ event_type: 'spool_scan_failed', error: scanned.error.message }, 'the spool could not be read')
  return found
}

/**
 * Finishes what an earlier run left: newest first, each from its last finished stage. Clips too old to alert are counted in one
 * message at the end; a shutdown before leaves that to the next start. Resolves when all have been through the pipeline and counted.
 */
export async function resumeClips(left: Leftovers, deps: RecoveryDeps, signal: AbortSignal): Promise<void> {
  const total = left.clips.length + left.files.length
  if (total > 0)
    deps.log.info(
      { event_type: 'recovery_started', clips: left.clips.length, files: left.files.length },
      'finishing clips of an earlier run',
    )
  const newestFirst = left.clips.toSorted((a, b) => b.state.start_ts.localeCompare(a.state.start_ts))
  const silent = new Map(left.uncounted.map((clip) => [clip.clip_id, clip]))
  const note = (clip: ClipStateData | null) => {
    if (clip !== null && owesDigest(clip)) silent.set(clip.clip_id, clip)
    else if (clip !== null) silent.delete(clip.clip_id)
  }

  const files = await filesNewestFirst(left.files)
  await Promise.all([
    inBatches(newestFirst, deps.clipsAtOnce, signal, async (finding) => note(await resume(finding, deps))),
    inBatches(files, deps.clipsAtOnce, signal, async (file) => note(await takeIn(file, deps))),
  ])
  if (total > 0 && !signal.aborted)
    deps.log.info({ event_type: 'recovery_finished', clips: total }, 'all clips of the earlier run are through')
  if (!signal.aborted) await sendDigest([...silent.values()], deps, signal)
}

/** Marked only once someone has taken it: what is not marked is counted again at the next start. */
async function sendDigest(silent: readonly ClipStateData[], deps: RecoveryDeps, signal: AbortSignal): Promise<void> {
  const message = recoveryDigest(silent)
  if (message === null) return
  const told = await deps.alerts.tell({ code: 'recovery_digest', severity: 'info', message, camera_name: null, clip_id: null }, signal)
  if (!told) return
  for (const { clip_id } of silent) {
    const held = await deps.repository.hold(clip_id)
    if (!held.ok) continue
    using _held = held.value
    deps.repository.record(clip_id, { event_type: 'notification_skipped', reason: COUNTED })
  }
}

async function resume(finding: Extract<SpoolFinding, { type: 'clip' }>, deps: RecoveryDeps): Promise<ClipStateData | null> {
  const { clip_id, local_path } = finding.state
  const step = recoveryStep(finding, deps.configHash)
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
    reportLost(finding.state, deps)
    if (!isUnannounced(finding.state)) return null
  }
  if (step.do === 'note_missing' && !step.thenResume) return null
  deps.repository.record(clip_id, { event_type: 'clip_recovered', reason: `status ${finding.state.status} at start` })
  await deps.intake.run(clip_id, 'backlog')
  return deps.repository.get(clip_id)
}

type LeftFile = Leftovers['files'][number]

function reportLost({ clip_id, camera_name, start_ts }: ClipStateData, deps: RecoveryDeps): void {
  const message = `The file of ${clip_id} (${camera_name}, ${start_ts}) is gone, and no storage has it. What is known of the clip stays in its journal.`
  deps.alerts.raise({ code: 'clip_lost', severity: 'error', message, camera_name, clip_id })
}

/** The decision stands, whatever became of the pictures. One that was finished is the alert sweeper's. */
function isUnannounced({ alert_decision, alert_sent_at, finished_at }: ClipStateData): boolean {
  return alert_decision?.notify === true && alert_sent_at === null && finished_at === null
}

async function filesNewestFirst(files: readonly LeftFile[]): Promise<LeftFile[]> {
  const dated = await Promise.all(
    files.map(async (file) => {
      const modified = stat(file.path).then(
        ({ mtimeMs }) => mtimeMs / 1000,
        () => 0,
      )
      return { file, seconds: startSecondsOf(file.cameraName, basename(file.path)) ?? (await modified) }
    }),
  )
  return dated.sort((a, b) => b.seconds - a.seconds).map(({ file }) => file)
}

/** Makes a file without a journal into a clip, and sees it through the pipeline. */
async function takeIn({ cameraName, path }: LeftFile, deps: RecoveryDeps): Promise<ClipStateData | null> {
  const name = basename(path)
  if (deps.index.get(name) !== undefined) return null // it was being recorded while we looked
  // The second in its name is what its source knew of it.
  const seconds = startSecondsOf(cameraName, name)
  const start_ts = seconds === null ? null : new Date(seconds * 1000).toISOString()
  const taken = await deps.sinkFor(cameraName).accept({ path, original_name: name, start_ts, end_ts: null, take: 'move' })
  if (!taken.ok) {
    deps.log.warn({ event_type: 'leftover_not_taken', path, error: taken.error.message }, 'a leftover file could not be taken in yet')
    return null
  }
  if (taken.value.state !== 'accepted') return null
  const held = await deps.repository.hold(taken.value.clip_id)
  if (!held.ok) return null
  using _held = held.value
  await deps.intake.run(taken.value.clip_id, 'backlog') // it is on its way already: waits for its end
  return deps.repository.get(taken.value.clip_id)
}

/** Between its final name and its first journal a new clip looks like an orphan. */
function isBeingRecorded(path: string, deps: RecoveryDeps): boolean {
  return deps.repository.get(basename(path)) !== null
}

function reportUnreadable({ path, reason }: { readonly path: string; readonly reason: string }, deps: RecoveryDeps): void {
  const message = `The journal ${path} is left untouched: ${reason}. Its clip stays in the spool and is not processed.`
  deps.alerts.raise({ code: 'journal_unreadable', severity: 'error', message, camera_name: null, clip_id: null }, path)
}
