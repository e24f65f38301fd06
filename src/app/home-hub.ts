import { join } from 'node:path'
import type { AppConfig } from '../config/schema.ts'
import type { RiskLevel } from '../contracts/analysis.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { CameraSettings, Home, HomeCamera, HomeEvent, HomeStatus } from '../contracts/home.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Result } from '../contracts/result.ts'
import { CameraSettingsStore } from '../core/alerts/camera-settings.ts'
import type { BuiltCamera } from './build-plugins.ts'
import { healthOf } from './health-monitor.ts'
import type { Parts } from './parts.ts'
import { readVersion } from './version.ts'

type Household = Pick<Parts, 'pipeline' | 'plugins' | 'cameras' | 'cameraWatch' | 'health' | 'scope'>

/** The household before anything stands, with what the owner switched in earlier runs. */
export async function openHome({ data_dir, cameras }: Pick<AppConfig, 'data_dir' | 'cameras'>, log: Logger): Promise<HomeHub> {
  const settings = new CameraSettingsStore({
    path: join(data_dir, 'camera-settings.json'),
    cameras: cameras.filter(({ enabled }) => enabled).map(({ name }) => name),
    log,
    onChange: (camera_name, changed) => home.tell({ kind: 'settings', camera_name, settings: changed }),
  })
  const home = new HomeHub(readVersion(), settings, log)
  await settings.load()
  return home
}

/**
 * The household as plugins see it. Plugins are built before what they look at, so it is empty at first and filled by `attach`; who
 * subscribed before misses nothing, as nothing has happened yet.
 */
export class HomeHub implements Home {
  readonly version: string
  readonly #settings: CameraSettingsStore
  readonly #log: Logger
  readonly #listeners = new Set<(event: HomeEvent) => void>()
  readonly #moving = new Set<string>()
  #household: Household | null = null

  constructor(version: string, settings: CameraSettingsStore, log: Logger) {
    this.version = version
    this.#settings = settings
    this.#log = log
  }

  /** The household stands. */
  attach(household: Household): void {
    this.#household = household
    const { pipeline, cameras, cameraWatch, scope } = household
    const own = (subscription: Disposable) => scope.defer('household', async () => subscription[Symbol.dispose]())
    for (const camera of cameras) {
      const watched = camera.source.onMotion?.((moving) => this.#motion(camera.name, moving))
      if (watched !== undefined) own(watched)
    }
    const measuring = new Set(cameras.filter(measuresMotion).map(({ name }) => name))
    own(cameraWatch.subscribe((event) => this.tell({ kind: 'camera', event })))
    own(
      pipeline.repository.subscribe(({ event_type }, clip) => {
        if (event_type === 'alert_decision_made') this.tell({ kind: 'decided', clip })
        // All that is known of motion where nobody measures it; what a crash left over moved long ago.
        if (event_type === 'clip_recorded' && !measuring.has(clip.camera_name) && clip.source_backend !== 'recovered')
          this.tell({ kind: 'motion', camera_name: clip.camera_name, moving: true })
      }),
    )
    this.tell({ kind: 'ready' })
  }

  cameras(): readonly HomeCamera[] {
    const cameras = this.#household?.cameras ?? []
    return cameras.map((camera) => ({
      name: camera.name,
      backend: camera.backend,
      state: healthOf(camera.source).state,
      measures_motion: measuresMotion(camera),
      moving: this.#moving.has(camera.name),
    }))
  }

  async status(): Promise<HomeStatus | null> {
    if (this.#household === null) return null
    const { pipeline, health } = this.#household
    return {
      health: health.health().status,
      clips_in_flight: pipeline.intake.load.inFlight,
      free_bytes: await pipeline.freeBytes(),
    }
  }

  settings(cameraName: string): CameraSettings {
    return this.#settings.of(cameraName)
  }

  minRiskLevel(cameraName: string): RiskLevel | null {
    return this.settings(cameraName).min_risk_level ?? this.#household?.plugins.policy.minRiskLevel?.(cameraName) ?? null
  }

  change(cameraName: string, change: Partial<CameraSettings>): Promise<Result<void, PluginError>> {
    return this.#settings.change(cameraName, change)
  }

  subscribe(listener: (event: HomeEvent) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  tell(event: HomeEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (cause) {
        this.#log.error({ event_type: 'listener_threw', cause }, 'a listener of household events threw')
      }
    }
  }

  #motion(camera_name: string, moving: boolean): void {
    if (moving) this.#moving.add(camera_name)
    else this.#moving.delete(camera_name)
    this.tell({ kind: 'motion', camera_name, moving })
  }
}

function measuresMotion({ source }: Pick<BuiltCamera, 'source'>): boolean {
  return source.onMotion !== undefined
}
