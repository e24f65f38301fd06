import { ok } from '../contracts/result.ts'
import { DEFAULT_CAMERA_SETTINGS, type CameraSettings, type Home, type HomeCamera, type HomeEvent } from '../contracts/home.ts'
import { NO_HOME } from './plugin-host.ts'

/** A household in which only that happens what a test makes happen. */
export class FakeHome implements Home {
  readonly version = '1.2.3'
  readonly #cameras: readonly HomeCamera[]
  readonly #settings = new Map<string, CameraSettings>()
  readonly #listeners = new Set<(event: HomeEvent) => void>()

  /** @param names of cameras that work; they measure motion, but for those named `inbox…`. */
  constructor(names: readonly string[]) {
    this.#cameras = names.map((name) => ({ name, backend: 'rtsp', state: 'ok', measures_motion: !name.startsWith('inbox'), moving: false }))
  }

  cameras = () => this.#cameras
  status: Home['status'] = async () => ({ health: 'healthy', clips_in_flight: 1, free_bytes: 12.34e9 })
  settings: Home['settings'] = (name) => this.#settings.get(name) ?? DEFAULT_CAMERA_SETTINGS
  minRiskLevel: Home['minRiskLevel'] = (name) => this.settings(name).min_risk_level ?? 'medium'

  change: Home['change'] = async (camera_name, change) => {
    if (!this.#cameras.some(({ name }) => name === camera_name)) return NO_HOME.change(camera_name, change)
    const settings = { ...this.settings(camera_name), ...change }
    this.#settings.set(camera_name, settings)
    this.tell({ kind: 'settings', camera_name, settings })
    return ok()
  }

  subscribe(listener: (event: HomeEvent) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  tell(event: HomeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
