import { join } from 'node:path'
import type { Clock } from '../contracts/clock.ts'
import type { CameraSettings } from '../contracts/home.ts'
import type { Logger } from '../contracts/logger.ts'
import type { AppConfig } from '../config/schema.ts'
import { artifactKeeper, type ArtifactDeps } from '../core/stages/artifacts.ts'
import { clipFileOpener } from '../core/stages/clip-file.ts'
import { ClipIndex } from '../core/clips/clip-index.ts'
import { ClipIntake } from '../core/intake/clip-intake.ts'
import { ClipRepository } from '../core/clips/clip-repository.ts'
import { HeldAlerts } from '../core/alerts/held-alerts.ts'
import type { IngestDeps } from '../core/intake/ingest-file.ts'
import type { NotifierSlot } from '../core/alerts/deliver-alert.ts'
import { processClip, type ProcessClip } from '../core/process-clip.ts'
import { isLeftover, isTooLate } from '../core/intake/recovery-plan.ts'
import { RetentionPruner } from '../core/retention/retention-pruner.ts'
import type { StageRunner } from '../core/stages/run-stage.ts'
import { Spool } from '../core/intake/spool.ts'
import { storageKeys } from '../core/stages/storage-keys.ts'
import { SystemAlerts } from '../core/alerts/system-alerts.ts'
import { BudgetLedger } from '../core/stages/vlm-budget.ts'
import { JournalFiles } from '../journal/journal-files.ts'
import { freeBytesAt } from '../lib/free-bytes.ts'
import type { Redact } from '../lib/redact.ts'
import type { Scope } from '../lib/scope.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { analyzeGate } from './analyze-gate.ts'
import { buildAnnouncing, lastSentFor, routingRules } from './build-announcing.ts'
import type { BuiltPlugins } from './build-plugins.ts'
import { clipStages } from './clip-stages.ts'

export interface PipelineContext {
  readonly config: AppConfig
  readonly configHash: string
  readonly plugins: BuiltPlugins
  /** What the pipeline itself asks of a video, whatever the plugins do. */
  readonly video: Pick<IngestDeps, 'probe' | 'remux'> & Pick<ArtifactDeps, 'makeThumbnail'>
  readonly clock: Clock
  readonly log: Logger
  readonly redact: Redact
  readonly scope: Scope
  /** Settles when the clips of earlier runs are known. */
  readonly knownClips: Promise<void>
  /** What the owner switched while HomeSec runs. */
  readonly settingsOf: (cameraName: string) => CameraSettings
}

/** Copies of clips that are here no more, while something looks at them. */
export function tempDirOf({ data_dir }: Pick<AppConfig, 'data_dir'>): string {
  return join(data_dir, 'tmp')
}

export type Pipeline = ReturnType<typeof buildPipeline>

/** Wires the core to the plugins. Nothing moves until a source hands over a file or recovery starts. */
export function buildPipeline(context: PipelineContext) {
  const { config, plugins, clock, log, scope } = context
  const state = buildState(context)
  const { repository, index, spool, alerts } = state
  const processing = buildProcessing(context, state)
  const intake = new ClipIntake({
    repository,
    index,
    ingest: { spool, probe: context.video.probe, remux: context.video.remux, now: () => clock.now() },
    process: (clip, slot, signal) => processClip(clip, processing, slot, signal),
    maxClipsInFlight: config.concurrency.max_clips_in_flight,
    knownClips: context.knownClips,
    alerts,
    configHash: context.configHash,
    log,
  })
  scope.defer('clips in flight', () => intake.close(config.shutdown_grace_s * 1000))

  // The spool may be a disk of its own, by a mount or a link.
  const freeBytes = () => freeBytesAt([spool.root, config.data_dir])
  const { max_local_size_bytes, min_free_bytes, on_floor } = config.retention
  const pruner = new RetentionPruner({
    index,
    repository,
    limits: { maxLocalBytes: max_local_size_bytes, minFreeBytes: min_free_bytes, onFloor: on_floor },
    freeBytes,
    pathOf: (cameraName, clipId) => spool.pathOf(cameraName, clipId),
    alerts,
    log,
  })
  scope.defer('retention', () => pruner.idle())
  const { configHash, knownClips } = context
  return { ...processing, ...state, configHash, knownClips, intake, pruner, freeBytes, storage: plugins.storage }
}

type State = ReturnType<typeof buildState>

/** What is known and told: spool, journals, the digest of all clips, news for the owner. */
function buildState({ config, plugins, clock, log, redact, scope }: PipelineContext) {
  const spool = new Spool(join(config.data_dir, 'spool'), join(config.data_dir, 'quarantine'))
  const journal = new JournalFiles(spool.root)
  const notifiers = plugins.notifiers.map((named): NotifierSlot => ({ ...named, slots: new Semaphore(4) }))
  const retry = { maxAttempts: config.retry.max_attempts, backoffMs: config.retry.backoff_s * 1000 }
  const timeoutMs = config.timeouts.notify_s * 1000
  const alerts = scope.own('system alerts', new SystemAlerts({ clock, log, retry, timeoutMs, notifiers, redact }))
  const repository = scope.own('journals', new ClipRepository({ clock, log, journal, onJournalError: journalErrors(alerts) }))
  const rules = routingRules(config.notifiers)
  const lastSent = lastSentFor(rules, clock)
  const held = new HeldAlerts([...rules.keys()])
  const index = new ClipIndex((state) => {
    lastSent.note(state)
    held.note(state)
  })
  repository.subscribe((_event, state) => index.update(state))
  const keys = storageKeys(config.storage.paths.clips_dir, config.storage.paths.artifacts_dir)
  const ledger = new BudgetLedger(join(config.data_dir, 'vlm-budget.json'))
  const startedMs = clock.now().getTime()
  return { spool, journal, notifiers, retry, alerts, repository, index, keys, rules, lastSent, held, ledger, startedMs }
}

/** What happens to one clip. */
function buildProcessing(context: PipelineContext, state: State): ProcessClip & ReturnType<typeof buildAnnouncing> {
  const { config, plugins, clock, log, settingsOf } = context
  const { repository, ledger, alerts, keys } = state
  const gate = analyzeGate({ vlm: config.vlm, clock, ledger, alerts, worksForFree: plugins.analyzer?.worksForFree === true })
  const runner = buildRunner(context, state)
  const maxAgeMs = config.recovery.alert_max_age_s * 1000
  const announcing = buildAnnouncing(config, {
    ...state,
    runner,
    clock,
    timeoutMs: config.timeouts.notify_s * 1000,
    shouldAnalyze: gate.foresee,
    settingsOf,
    tooLate: (clip) => isLeftover(clip, state.startedMs) && isTooLate(clip, clock.now().getTime(), maxAgeMs),
  })
  return {
    ...announcing,
    runner,
    repository,
    stages: clipStages(config, {
      ...plugins,
      keys,
      repository,
      onUsage: (usage) => void ledger.add(usage, clock.now()),
      mayPay: gate.mayPay,
    }),
    openFile: clipFileOpener({
      storage: plugins.storage,
      tempDir: tempDirOf(config),
      timeoutMs: config.timeouts.upload_s * 1000,
      log,
    }),
    artifacts: artifactKeeper({
      repository,
      storage: plugins.storage,
      keys,
      makeThumbnail: context.video.makeThumbnail,
      timeoutMs: config.timeouts.upload_s * 1000,
      log,
      redact: context.redact,
    }),
    shouldAnalyze: gate.verdict,
    settingsOf,
    decide: (facts) =>
      config.alert_policy.enabled ? plugins.policy.decide(facts) : { notify: false, notify_reason: 'alert_policy_disabled' },
    maxUploadWaitMs: config.alert.max_upload_wait_s * 1000,
    decideWithoutAnalysis: config.retry.on_exhausted === 'alert_and_continue',
  }
}

function buildRunner({ config, clock, log, redact }: PipelineContext, { repository, retry, index, alerts }: State): StageRunner {
  return {
    clock,
    log,
    retry,
    redact,
    random: Math.random,
    record: (clipId, fact) => repository.record(clipId, fact),
    onExhausted: ({ stage, plugin, kind, message, clip_id, attempts }) => {
      if (config.retry.on_exhausted === 'fail' || repository.get(clip_id)?.deleted_at != null) return
      const text = `${stage} (${plugin}) failed for ${clip_id} after ${attempts} ${attempts === 1 ? 'try' : 'tries'}: ${kind}: ${message}`
      const camera_name = index.get(clip_id)?.camera_name ?? null
      alerts.raise({ code: 'stage_exhausted', severity: 'error', message: text, camera_name, clip_id }, `${stage} ${plugin} ${clip_id}`)
    },
  }
}

function journalErrors(alerts: SystemAlerts) {
  return ({ message }: { readonly message: string }, { camera_name }: { readonly camera_name: string }) =>
    alerts.raise(
      {
        code: 'disk_full',
        severity: 'error',
        message: `Journals cannot be written: ${message}. Nothing is lost; writing is tried again.`,
        camera_name,
        clip_id: null,
      },
      'journal',
    )
}
