import { Readable } from 'node:stream'
import type { ApiDeps, ApiOptions, ClipDeletion } from '../api/deps.ts'
import { startApi, type ApiServer } from '../api/server.ts'
import type { CameraView } from '../contracts/api/cameras.ts'
import type { CameraEvent } from '../contracts/camera-events.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import type { ClipStateData, StageLog } from '../contracts/clip-state.ts'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import type { AppHealth } from '../contracts/health.ts'
import type { ClipFilter, ClipStats } from '../contracts/repository.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { ByteRange, ObjectRead } from '../contracts/storage.ts'
import { aClipState } from './clip-states.ts'
import { FakeClock } from './fake-clock.ts'
import { memoryLogger } from './memory-logger.ts'

export const API_KEY = 'correct-horse-battery-staple'
const STAGE_OK: StageLog = { status: 'ok', attempts: 1, started_at: null, finished_at: null, last_error: null }
const NO_STATS: ClipStats = {
  clips_total: 0,
  clips_today: 0,
  alerts_total: 0,
  alerts_today: 0,
  local_bytes: 0,
  by_camera: [],
  by_status: {},
  vlm_tokens_today: 0,
  vlm_cost_usd_today: 0,
}

/** A finished, uploaded clip without detections. */
export function aStoredClip(changes: Partial<ClipStateData> = {}): ClipStateData {
  const clip = aClipState(changes)
  return {
    ...clip,
    status: 'done',
    stages: { upload: STAGE_OK, filter: STAGE_OK, vlm: STAGE_OK, notify: STAGE_OK },
    storage_uri: `memory:${clip.clip_id}`,
    finished_at: clip.end_ts,
    ...changes,
  }
}

export function aCameraView(changes: Partial<CameraView> = {}): CameraView {
  return {
    name: 'front_door',
    source_backend: 'folder',
    enabled: true,
    state: 'ok',
    detail: '',
    last_heartbeat: null,
    last_clip_ts: null,
    ...changes,
  }
}

/** Everything behind the API, in memory, for a test to set and to look at. */
export class ApiWorld {
  readonly clock = new FakeClock('2026-01-01T12:00:00.000Z')
  readonly log = memoryLogger()
  readonly clips = new Map<string, ClipStateData>()
  readonly objects = new Map<string, Uint8Array>()
  readonly clipEvents: ClipEvent[] = []
  readonly listeners = new Set<(event: ClipEvent) => void>()
  readonly cameraListeners = new Set<(event: CameraEvent) => void>()
  /** What the last list query asked for. */
  lastFilter: ClipFilter | null = null
  readonly reads: { readonly uri: string; readonly range: ByteRange | null; readonly stream: Readable }[] = []
  databaseError: PluginError | null = null
  storageError: PluginError | null = null
  deletion: Result<ClipDeletion | null, PluginError> = ok({ deleted_local: true, deleted_storage: true })
  health: AppHealth = { status: 'healthy', components: [] }
  cameras: readonly CameraView[] = [aCameraView()]
  stats: ClipStats = NO_STATS
  config: unknown = {}
  metricsText: () => Promise<string> = async () => '# nothing\n'

  add(clip: ClipStateData): ClipStateData {
    this.clips.set(clip.clip_id, clip)
    return clip
  }

  emit(event: ClipEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  emitCamera(event: CameraEvent): void {
    for (const listener of this.cameraListeners) listener(event)
  }

  deps(): ApiDeps {
    return {
      clock: this.clock,
      log: this.log,
      version: '0.0.0-test',
      queries: {
        list: async (filter, page) => {
          this.lastFilter = filter
          return this.#unlessDown(() => this.#page(page.cursor?.clip_id ?? null, page.limit))
        },
        stats: async () => this.#unlessDown(() => this.stats),
      },
      events: {
        list: async (clipId, afterSeq, limit) =>
          this.#unlessDown(() => this.clipEvents.filter((event) => event.clip_id === clipId && event.seq > afterSeq).slice(0, limit)),
      },
      clips: {
        get: async (clipId) => ok(this.clips.get(clipId) ?? null),
        delete: async (clipId) => (this.clips.has(clipId) ? this.deletion : ok(null)),
      },
      storage: { read: async (uri, range) => this.#read(uri, range) },
      metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: () => this.metricsText() },
      liveEvents: {
        subscribe: (listener) => {
          this.listeners.add(listener)
          return { [Symbol.dispose]: () => void this.listeners.delete(listener) }
        },
      },
      cameraEvents: {
        subscribe: (listener) => {
          this.cameraListeners.add(listener)
          return { [Symbol.dispose]: () => void this.cameraListeners.delete(listener) }
        },
      },
      health: () => this.health,
      cameras: () => this.cameras,
      gauges: () => ({ queue_depth: 0, clips_in_flight: 0, uploads_pending: 0, spool_bytes: 0, disk_free_bytes: null }),
      uptimeS: () => 60,
      config: () => this.config,
    }
  }

  #unlessDown<T>(answer: () => T): Result<T, PluginError> {
    return this.databaseError === null ? ok(answer()) : err(this.databaseError)
  }

  #page(after: string | null, limit: number) {
    const all = [...this.clips.values()].sort((a, b) => (a.clip_id < b.clip_id ? 1 : -1))
    const rest = after === null ? all : all.filter(({ clip_id }) => clip_id < after)
    const clips = rest.slice(0, limit)
    const last = clips.at(-1)
    return { clips, next: last !== undefined && rest.length > limit ? { start_ts: last.start_ts, clip_id: last.clip_id } : null }
  }

  #read(uri: string, range: ByteRange | null): Result<ObjectRead, PluginError> {
    if (this.storageError !== null) return err(this.storageError)
    const bytes = this.objects.get(uri)
    if (bytes === undefined) return err(pluginError('invalid', 'no such object'))
    const part = range === null ? bytes : bytes.subarray(range.start, range.end + 1)
    const stream = Readable.from(chunksOf(part), { objectMode: false })
    this.reads.push({ uri, range, stream })
    return ok({ stream, size: bytes.length })
  }
}

function* chunksOf(bytes: Uint8Array, size = 16 * 1024): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export interface RunningApi extends AsyncDisposable {
  readonly world: ApiWorld
  readonly server: ApiServer
  /** Requests with the key, unless other headers are given. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

/** A real server on a free port of this machine, with authentication on. */
export async function runApi(options: Partial<ApiOptions> = {}, world = new ApiWorld()): Promise<RunningApi> {
  const started = await startApi(world.deps(), {
    host: '127.0.0.1',
    port: 0,
    auth: { enabled: true, apiKey: API_KEY },
    corsOrigins: [],
    allowInsecure: false,
    ...options,
  })
  if (!started.ok) throw new Error(started.error.message)
  const server = started.value
  return {
    world,
    server,
    fetch: (path, init) => fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${API_KEY}` }, ...init }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
