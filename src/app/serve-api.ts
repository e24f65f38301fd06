import { authIsOn } from '../config/normalise.ts'
import { createMetrics } from '../api/metrics.ts'
import { startApi } from '../api/server.ts'
import type { ApiDeps, ApiOptions } from '../api/deps.ts'
import type { CameraView } from '../contracts/api/cameras.ts'
import type { Gauges } from '../contracts/api/health.ts'
import type { SourceHealth } from '../contracts/source.ts'
import { ok } from '../contracts/result.ts'
import { deleteClip } from '../core/retention/delete-clip.ts'
import { every } from '../lib/every.ts'
import { redactDeep } from '../lib/redact.ts'
import { healthOf } from './health-monitor.ts'
import type { Parts } from './parts.ts'
import { readVersion } from './version.ts'

type Served = Pick<
  Parts,
  'config' | 'clock' | 'log' | 'redact' | 'scope' | 'pipeline' | 'plugins' | 'cameras' | 'cameraWatch' | 'health' | 'index'
>

const RETRY_MS = 30_000
const DISK_EVERY_MS = 10_000

/** Serves the API, if it is on. A port that is taken keeps nobody from recording: it is tried again in the background. */
export async function serveApi(parts: Served, key: string | null): Promise<string | null> {
  const { server } = parts.config
  if (!server.enabled) return null
  const options: ApiOptions = {
    host: server.host,
    port: server.port,
    auth: { enabled: authIsOn(server), apiKey: key },
    corsOrigins: server.cors_origins,
    allowInsecure: server.allow_insecure,
  }
  const deps = apiDeps(parts)
  const first = await startApi(deps, options)
  if (first.ok) {
    parts.scope.own('api', first.value)
    return first.value.url
  }
  parts.log.error({ event_type: 'api_not_listening', error: first.error.message }, 'the API cannot listen; everything else works')
  if (first.error.kind !== 'unavailable') return null
  retryListening(parts, deps, options)
  return null
}

function retryListening({ scope, clock, log }: Served, deps: ApiDeps, options: ApiOptions): void {
  let server: AsyncDisposable | null = null
  const retry = every(
    RETRY_MS,
    clock,
    async () => {
      if (server !== null) return
      const started = await startApi(deps, options)
      if (started.ok) server = started.value
    },
    (cause) => log.error({ event_type: 'api_not_listening', cause }, 'the API cannot listen'),
  )
  scope.defer('api', async () => {
    await retry[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })
}

function apiDeps(parts: Served): ApiDeps {
  const { config, clock, log, redact, scope, pipeline, plugins, cameraWatch, health, index } = parts
  const gauges = ownGauges(parts)
  const metrics = createMetrics(gauges, () => cameraWatch.tallies())
  scope.defer('metrics', async () => metrics[Symbol.dispose]())
  const counting = pipeline.repository.subscribe((event) => metrics.observe(event))
  scope.defer('metrics subscription', async () => counting[Symbol.dispose]())
  const startedMs = clock.monotonicMs()
  return {
    clock,
    log,
    version: readVersion(),
    queries: index.queries,
    events: index.events,
    clips: {
      async get(clipId, signal) {
        const journal = await pipeline.repository.read(clipId)
        if (!journal.ok || journal.value === null) return index.states.get(clipId, signal)
        const { events: _events, ...state } = journal.value
        return ok(state)
      },
      delete: (clipId, signal) => deleteClip(clipId, pipeline, signal),
    },
    storage: plugins.storage,
    metrics,
    liveEvents: { subscribe: (listener) => pipeline.repository.subscribe((event) => listener(event)) },
    cameraEvents: cameraWatch,
    health: () => health.health(),
    cameras: () => cameraViews(parts),
    gauges,
    uptimeS: () => (clock.monotonicMs() - startedMs) / 1000,
    config: () => redactDeep(config, redact),
  }
}

const DISABLED: SourceHealth = { state: 'down', detail: 'disabled in the configuration', last_heartbeat: null }

function cameraViews({ config, cameras, pipeline }: Served): CameraView[] {
  return config.cameras.map(({ name, enabled, source }) => {
    const camera = cameras.find((built) => built.name === name)
    const health = camera === undefined ? DISABLED : healthOf(camera.source)
    return { name, source_backend: source.backend, enabled, ...health, last_clip_ts: pipeline.index.lastClipTs(name) }
  })
}

/** The disk is asked now and then, as asking takes time that a request should not. */
function ownGauges({ clock, scope, pipeline }: Served): () => Gauges {
  let diskFree: number | null = null
  const ask = async () => {
    diskFree = await pipeline.freeBytes()
  }
  void ask()
  scope.own(
    'disk gauge',
    every(DISK_EVERY_MS, clock, ask, () => undefined),
  )
  return () => ({
    queue_depth: pipeline.intake.load.waiting,
    clips_in_flight: pipeline.intake.load.inFlight,
    uploads_pending: pipeline.index.owingCount,
    spool_bytes: pipeline.index.localBytes,
    disk_free_bytes: diskFree,
  })
}
