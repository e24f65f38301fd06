import type { RiskLevel } from './analysis.ts'
import type { AppHealth } from './health.ts'
import type { CameraEvent } from './camera-events.ts'
import type { ClipStateData } from './clip-state.ts'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** What the owner can switch for one camera while HomeSec runs. Takes effect with the next decision and survives a restart. */
export interface CameraSettings {
  /** false: clips are recorded, stored and judged, but nobody is told. */
  readonly alerts_on: boolean
  /** The least risk that alerts, instead of the alert policy's. Null: what the policy says. */
  readonly min_risk_level: RiskLevel | null
  /** Nobody is told until then (UTC timestamp). Null: not silenced. */
  readonly silenced_until: string | null
}

export const DEFAULT_CAMERA_SETTINGS: CameraSettings = { alerts_on: true, min_risk_level: null, silenced_until: null }

/** Something happened in the household, told as it happens. */
export type HomeEvent =
  /** Everything stands: cameras and status are known from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'camera'; readonly event: CameraEvent }
  | { readonly kind: 'motion'; readonly camera_name: string; readonly moving: boolean }
  /** A clip was decided on; `clip.alert_decision` is set. */
  | { readonly kind: 'decided'; readonly clip: ClipStateData }
  | { readonly kind: 'settings'; readonly camera_name: string; readonly settings: CameraSettings }

export interface HomeCamera {
  readonly name: string
  readonly backend: string
  readonly state: CameraEvent['state']
  /** true: its source tells when something moves and when it is over. false: there is a `motion` event with each clip that arrives, and no end. */
  readonly measures_motion: boolean
  readonly moving: boolean
}

export interface HomeStatus {
  readonly health: AppHealth['status']
  readonly clips_in_flight: number
  /** On the disk of the spool; null: unknown. */
  readonly free_bytes: number | null
}

/** The running household, for plugins that show it elsewhere, e.g. in Home Assistant. Whoever only checks a config sees it empty. */
export interface Home {
  readonly version: string
  cameras(): readonly HomeCamera[]
  /** Null before everything stands. */
  status(): Promise<HomeStatus | null>
  settings(cameraName: string): CameraSettings
  /** The least risk that alerts for this camera now: the owner's setting, else the policy's. Null: the policy knows none. */
  minRiskLevel(cameraName: string): RiskLevel | null
  /** Takes effect before it resolves, and is on disk by then. `invalid`: no such camera. `unavailable`: not saved; it holds until the next start. */
  change(cameraName: string, change: Partial<CameraSettings>): Promise<Result<void, PluginError>>
  /** Listeners must not throw and return soon. */
  subscribe(listener: (event: HomeEvent) => void): Disposable
}
