import type { CameraView } from '../contracts/api/cameras.ts'
import type { CameraEvent } from '../contracts/camera-events.ts'
import type { Gauges } from '../contracts/api/health.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { AppHealth } from '../contracts/health.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipQueries, EventStore } from '../contracts/repository.ts'
import type { Result } from '../contracts/result.ts'
import type { StorageBackend } from '../contracts/storage.ts'

export interface ClipDeletion {
  readonly deleted_local: boolean
  readonly deleted_storage: boolean
}

/** One clip, wherever it is known from: journal file or database. Null: no such clip. */
export interface ClipAccess {
  get(clipId: string, signal: AbortSignal): Promise<Result<ClipStateData | null, PluginError>>
  /** Local file, journal, stored object and artifacts. Repeating it finishes what an earlier try left. */
  delete(clipId: string, signal: AbortSignal): Promise<Result<ClipDeletion | null, PluginError>>
}

/** Everything the API asks of the rest of HomeSec; the composition root adapts the real parts to it. */
export interface ApiDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
  readonly queries: ClipQueries
  readonly events: Pick<EventStore, 'list'>
  readonly clips: ClipAccess
  readonly storage: Pick<StorageBackend, 'read'>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  readonly liveEvents: { subscribe(listener: (event: ClipEvent) => void): Disposable }
  readonly cameraEvents: { subscribe(listener: (event: CameraEvent) => void): Disposable }
  /** These four are cheap, synchronous, and must not touch the database: they answer while it is down. */
  health(): AppHealth
  cameras(): readonly CameraView[]
  gauges(): Gauges
  uptimeS(): number
  /** The effective configuration with secrets already replaced. */
  config(): unknown
}

export interface ApiOptions {
  readonly host: string
  /** 0: any free one; see `ApiServer.url`. */
  readonly port: number
  readonly auth: { readonly enabled: boolean; readonly apiKey: string | null }
  /** Browser origins that may call from elsewhere; `*` for any, without credentials. Empty: none. */
  readonly corsOrigins: readonly string[]
  /** Serve beyond this machine although authentication is off. */
  readonly allowInsecure: boolean
}
