import { setMaxListeners } from 'node:events'
import type { ComponentHealth } from '../contracts/health.ts'
import { messageOf } from '../contracts/errors.ts'
import { findLeftovers, resumeClips, type RecoveryDeps } from '../core/intake/recover-clips.ts'
import { RemotePruner } from '../core/retention/remote-pruner.ts'
import { sweepAlerts } from '../core/sweepers/retry-alerts.ts'
import { sweepFilters } from '../core/sweepers/retry-filters.ts'
import { sendQuietDigests } from '../core/alerts/send-quiet-digests.ts'
import { sweepUploads } from '../core/sweepers/retry-uploads.ts'
import { storageKeepers } from '../core/retention/storage-keepers.ts'
import { every } from '../lib/every.ts'
import { freeBytesAt } from '../lib/free-bytes.ts'
import { HealthMonitor, healthOf, type Pinged } from './health-monitor.ts'
import { askPipeline } from './pipeline-evidence.ts'
import type { Parts } from './parts.ts'

type Pings = Pick<Parts, 'config' | 'clock' | 'log' | 'redact' | 'scope' | 'pipeline' | 'plugins' | 'cameras'> & {
  readonly ping: Parts['index']['ping']
  readonly recoveryBrokeOff: () => boolean
}

/** Asks every part how it is. The first question also warms the detector up, so that the first clip is fast. */
export function watchHealth(parts: Pings): HealthMonitor {
  const { config, clock, log, redact, scope, pipeline, plugins, cameras, ping, recoveryBrokeOff } = parts
  const evidence = { spoolDir: pipeline.spool.root, freeBytes: pipeline.freeBytes, recoveryBrokeOff }
  const pinged: Pinged[] = [
    { component: 'pipeline', name: '', ping: () => askPipeline(evidence), startsWithinMs: 0 },
    { component: 'storage', name: config.storage.backend, ping: (signal) => plugins.storage.ping(signal), startsWithinMs: 0 },
    {
      component: 'filter',
      name: config.filter.backend,
      ping: (signal) => plugins.filter.ping(signal),
      startsWithinMs: 60_000,
      timeoutMs: 60_000,
    },
    ...plugins.notifiers.map(({ name, notifier }): Pinged => ({
      component: 'notifier',
      name,
      ping: (signal) => notifier.ping(signal),
      startsWithinMs: 5_000,
    })),
  ]
  if (ping !== null)
    pinged.push({ component: 'database', name: config.database.dsn_env === null ? 'embedded' : 'external', ping, startsWithinMs: 60_000 })
  const { analyzer } = plugins
  if (analyzer !== null)
    pinged.push({ component: 'vlm', name: config.vlm.backend ?? '', ping: (signal) => analyzer.ping(signal), startsWithinMs: 0 })
  const monitor = new HealthMonitor({
    clock,
    redact,
    pinged,
    cameras: () => cameras.map(({ name, source }) => ({ name, health: healthOf(source) })),
    onChange: (part) => logChange(part, log),
  })
  scope.own('health', monitor)
  return monitor
}

function logChange({ component, name, status, detail }: ComponentHealth, log: Parts['log']): void {
  const fields = { event_type: `health_${status}`, component, name, detail }
  if (status === 'down') log.warn(fields, `${component} is down`)
  else log.info(fields, `${component} works again`)
}

export function runTimers({ config, clock, log, scope, pipeline }: Pick<Parts, 'config' | 'clock' | 'log' | 'scope' | 'pipeline'>): void {
  const { pruner, repository } = pipeline
  const complain = (cause: unknown) => log.error({ event_type: 'retention_failed', error: messageOf(cause) }, 'a retention pass broke')
  const prune = (reason: Parameters<typeof pruner.prune>[0]) =>
    pruner
      .prune(reason)
      .then(() => warnOfDataDisk(config, pipeline.alerts))
      .catch(complain)
  const arriving = repository.subscribe((event) => {
    if (event.event_type === 'clip_recorded' || event.event_type === 'clip_finished') void prune('clip_arrived')
  })
  scope.defer('retention on arrival', async () => arriving[Symbol.dispose]())
  scope.own(
    'retention timer',
    every(config.retention.interval_s * 1000, clock, () => prune('timer'), complain),
  )
  pruneStorage({ config, clock, log, scope, pipeline })
  const sweep = { ...pipeline, clock, random: pipeline.runner.random, firstDelayMs: config.retry.backoff_s * 1000 }
  const alertMaxAgeMs = config.recovery.alert_max_age_s * 1000
  scope.own('upload sweeper', sweepUploads(sweep))
  scope.own('alert sweeper', sweepAlerts({ ...sweep, notifyTimeoutMs: config.timeouts.notify_s * 1000, alertMaxAgeMs }))
  scope.own('filter sweeper', sweepFilters(sweep))
}

/** Begun after the recovery, so that it ends before: half of what was held back is no digest. */
export function tellQuietDigests({ clock, log, scope, pipeline }: Pick<Parts, 'clock' | 'log' | 'scope' | 'pipeline'>): void {
  const onError = (cause: unknown) => log.error({ event_type: 'digest_failed', error: messageOf(cause) }, 'a digest broke')
  scope.own('quiet digests', sendQuietDigests({ ...pipeline, clock, onError }))
}

/** Only where the owner set limits: nothing leaves the storage by default. */
function pruneStorage({ config, clock, log, scope, pipeline }: Pick<Parts, 'config' | 'clock' | 'log' | 'scope' | 'pipeline'>): void {
  const keepers = storageKeepers(pipeline.storage, config.storage.retention)
  if (keepers.length === 0) return
  const pruner = new RemotePruner({ ...pipeline, keepers, clock, log })
  const complain = (cause: unknown) => log.error({ event_type: 'storage_prune_broke', cause }, 'a pass of the storage retention broke')
  const pass = async (signal: AbortSignal) => {
    await pruner.prune(signal)
  }
  scope.own('storage retention', every(config.retention.interval_s * 1000, clock, pass, complain))
}

/** The database and the plugins' own files may be on another disk than the clips; no clip that goes would make room there. */
async function warnOfDataDisk({ data_dir, retention }: Parts['config'], alerts: Parts['pipeline']['alerts']): Promise<void> {
  const free = await freeBytesAt([data_dir])
  if (free === null || free >= retention.min_free_bytes) return
  const message = `The disk of ${data_dir} has ${Math.round(free / 1e6)} MB free, less than retention.min_free_bytes. Free some space: the database and the plugins keep their files there.`
  alerts.raise({ code: 'disk_floor', severity: 'error', message, camera_name: null, clip_id: null })
}

/** Learns the clips of earlier runs, then finishes those that were not done, while new ones are recorded already. */
export function recoverInBackground(
  parts: Pick<Parts, 'config' | 'log' | 'scope' | 'pipeline' | 'index'> & {
    readonly onKnown: () => void
    readonly onBrokeOff: () => void
  },
): void {
  const { config, log, scope, pipeline, index } = parts
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const deps: RecoveryDeps = {
    ...pipeline,
    sinkFor: (camera_name) => pipeline.intake.sinkFor({ camera_name, source_backend: 'recovered' }),
    clipsAtOnce: config.concurrency.max_clips_in_flight,
    log,
  }
  const work = async () => {
    await pipeline.ledger.load()
    const left = await findLeftovers(deps, stop.signal).finally(parts.onKnown) // whatever happens, sources must not wait for ever
    index.catchUp()
    await pipeline.pruner.prune('start')
    await resumeClips(left, deps, stop.signal)
  }
  const running = work().catch((cause: unknown) => {
    log.error({ event_type: 'recovery_failed', cause }, 'finishing clips of an earlier run broke off')
    parts.onBrokeOff()
  })
  scope.defer('recovery', async () => {
    stop.abort()
    parts.onKnown() // whoever waits for the scan must not wait for ever
    await pipeline.intake.close(config.shutdown_grace_s * 1000)
    await running
  })
}
