import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Gauges } from '../contracts/api/health.ts'
import type { CameraTally } from '../contracts/camera-events.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import type { StageName } from '../contracts/stages.ts'
import { boundedNames, reasonClass } from './metric-labels.ts'
import { addProcessMetrics } from './process-metrics.ts'

/** From a mock to a cloud model on a slow line. */
const STAGE_BUCKETS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

export interface Metrics extends Disposable {
  readonly contentType: string
  text(): Promise<string>
  /** Counts one event of a clip. Give it each event once, as it happens; replayed ones would count twice. */
  observe(event: ClipEvent): void
  /** Event-loop delay since the last scrape. */
  eventLoopP99Ms(): number
}

/** What is counted follows from the clip events alone; what merely is (queue, disk, cameras) is asked for at each scrape. */
export function createMetrics(gauges: () => Gauges, cameras: () => readonly CameraTally[]): Metrics {
  const registry = new Registry()
  addGauges(registry, gauges)
  addCameras(registry, cameras)
  const eventLoop = addProcessMetrics(registry)
  const observers = [observeClips(registry), observeStages(registry), observeVlm(registry), observeAlerts(registry)]
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe: (event) => observers.forEach((observe) => observe(event)),
    eventLoopP99Ms: () => eventLoop.p99Ms(),
    [Symbol.dispose]: () => eventLoop[Symbol.dispose](),
  }
}

type Observe = (event: ClipEvent) => void

function observeClips(registry: Registry): Observe {
  const registers = [registry]
  const recorded = new Counter({ name: 'homesec_clips_total', help: 'Clips taken in', labelNames: ['camera'], registers })
  const bytes = new Counter({ name: 'homesec_clip_bytes_total', help: 'Size of the clips taken in', labelNames: ['camera'], registers })
  const finished = new Counter({ name: 'homesec_clips_finished_total', help: 'Clips whose processing reached its end', registers })
  const removed = new Counter({ name: 'homesec_clips_removed_total', help: 'Clips removed from the disk', labelNames: ['by'], registers })
  const pruned = new Counter({ name: 'homesec_storage_pruned_total', help: 'Copies that left a storage', labelNames: ['place'], registers })
  const name = boundedNames()

  return (event) => {
    if (event.event_type === 'storage_pruned') pruned.inc({ place: name(event.place ?? 'storage') })
    if (event.event_type === 'clip_recorded') {
      const camera = name(event.clip.camera_name)
      recorded.inc({ camera })
      bytes.inc({ camera }, event.clip.size_bytes)
    }
    if (event.event_type === 'clip_finished') finished.inc()
    if (event.event_type === 'clip_pruned') removed.inc({ by: event.reason === 'missing' ? 'missing' : 'retention' })
    // A deletion leaves a mark first and says at its end what became of the file.
    if (event.event_type === 'clip_deleted' && event.deleted_local) removed.inc({ by: 'owner' })
  }
}

const STAGE_OF_EVENT: Readonly<Record<string, StageName>> = {
  upload_completed: 'upload',
  upload_failed: 'upload',
  filter_completed: 'filter',
  filter_failed: 'filter',
  vlm_completed: 'vlm',
  vlm_failed: 'vlm',
  notification_sent: 'notify',
  notification_failed: 'notify',
}

function observeStages(registry: Registry): Observe {
  const registers = [registry]
  const duration = new Histogram({
    name: 'homesec_stage_duration_seconds',
    help: 'Duration of one attempt at a stage',
    labelNames: ['stage', 'outcome'],
    buckets: STAGE_BUCKETS_S,
    registers,
  })
  const failures = new Counter({
    name: 'homesec_stage_failures_total',
    help: 'Failed attempts; final="true" when no retry follows',
    labelNames: ['stage', 'plugin', 'kind', 'final'],
    registers,
  })
  const name = boundedNames()

  return (event) => {
    const stage = STAGE_OF_EVENT[event.event_type]
    if (stage === undefined || !('duration_ms' in event)) return
    duration.observe({ stage, outcome: 'error' in event ? 'failed' : 'ok' }, event.duration_ms / 1000)
    if ('error' in event)
      failures.inc({ stage, plugin: name(event.error.plugin), kind: event.error.kind, final: String(!event.will_retry) })
  }
}

function observeVlm(registry: Registry): Observe {
  const registers = [registry]
  const tokens = new Counter({ name: 'homesec_vlm_tokens_total', help: 'Tokens', labelNames: ['model', 'kind'], registers })
  const cost = new Counter({
    name: 'homesec_vlm_cost_usd_total',
    help: 'Cost where the price is configured',
    labelNames: ['model'],
    registers,
  })
  const skipped = new Counter({ name: 'homesec_vlm_skipped_total', help: 'Clips that were not analysed', registers })
  const name = boundedNames()

  return (event) => {
    if (event.event_type === 'vlm_skipped') skipped.inc()
    if (event.event_type !== 'vlm_completed') return
    const model = name(event.usage.model)
    tokens.inc({ model, kind: 'prompt' }, event.usage.prompt_tokens)
    tokens.inc({ model, kind: 'completion' }, event.usage.completion_tokens)
    cost.inc({ model }, event.usage.cost_usd ?? 0)
  }
}

function observeAlerts(registry: Registry): Observe {
  const registers = [registry]
  const decisions = new Counter({
    name: 'homesec_decisions_total',
    help: 'Decisions by reason',
    labelNames: ['notify', 'reason'],
    registers,
  })
  const sent = new Counter({ name: 'homesec_alerts_sent_total', help: 'Alerts delivered', labelNames: ['notifier', 'stage'], registers })
  const name = boundedNames()

  return (event) => {
    if (event.event_type === 'notification_sent') sent.inc({ notifier: name(event.notifier), stage: event.alert_stage ?? 'verdict' })
    if (event.event_type !== 'alert_decision_made') return
    const { notify, notify_reason } = event.alert_decision
    decisions.inc({ notify: String(notify), reason: reasonClass(notify_reason) })
  }
}

function addGauges(registry: Registry, gauges: () => Gauges): void {
  const add = (name: string, help: string, value: (now: Gauges) => number | null) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(gauges()) ?? Number.NaN)
      },
    })
  add('homesec_queue_depth', 'Clips that wait for a slot', ({ queue_depth }) => queue_depth)
  add('homesec_clips_in_flight', 'Clips being processed', ({ clips_in_flight }) => clips_in_flight)
  add('homesec_uploads_pending', 'Clips whose upload is still owed', ({ uploads_pending }) => uploads_pending)
  add('homesec_spool_bytes', 'Size of the local clips', ({ spool_bytes }) => spool_bytes)
  add('homesec_disk_free_bytes', 'Free space where the clips are', ({ disk_free_bytes }) => disk_free_bytes)
}

function addCameras(registry: Registry, cameras: () => readonly CameraTally[]): void {
  const about = { labelNames: ['camera'], registers: [registry] }
  new Gauge({
    ...about,
    name: 'homesec_camera_up',
    help: '1 while the camera works',
    collect() {
      for (const { camera_name, up } of cameras()) this.set({ camera: camera_name }, up ? 1 : 0)
    },
  })
  new Counter({
    ...about,
    name: 'homesec_camera_outages_total',
    help: 'How often the camera went down',
    collect() {
      this.reset() // counted elsewhere: this is where the count is read
      for (const { camera_name, outages } of cameras()) this.inc({ camera: camera_name }, outages)
    },
  })
}
