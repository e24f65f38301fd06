import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RiskLevelSchema } from '../contracts/analysis.ts'
import { TimestampSchema } from '../contracts/clip.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { DEFAULT_CAMERA_SETTINGS, type CameraSettings } from '../contracts/home.ts'
import type { Logger } from '../contracts/logger.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { Serial } from '../lib/serial.ts'

const SettingsSchema = z.object({
  alerts_on: z.boolean(),
  min_risk_level: RiskLevelSchema.nullable(),
  silenced_until: TimestampSchema.nullable(),
})
const FileSchema = z.object({ version: z.literal(1), cameras: z.record(z.string(), SettingsSchema) })

export interface CameraSettingsDeps {
  readonly path: string
  readonly cameras: readonly string[]
  readonly log: Logger
  /** After a change took effect. */
  readonly onChange: (cameraName: string, settings: CameraSettings) => void
}

/** What the owner switched while HomeSec runs. In force at once; kept in a file, so that it still is after a restart. */
export class CameraSettingsStore {
  readonly #deps: CameraSettingsDeps
  readonly #settings = new Map<string, CameraSettings>()
  readonly #saving: Serial
  #lastFault: unknown = null

  constructor(deps: CameraSettingsDeps) {
    this.#deps = deps
    this.#saving = new Serial((cause) => (this.#lastFault = cause))
  }

  async load(): Promise<void> {
    try {
      const { cameras } = FileSchema.parse(JSON.parse(await readFile(this.#deps.path, 'utf8')))
      // Of a camera that is gone too: it may come back.
      for (const [name, settings] of Object.entries(cameras)) this.#settings.set(name, settings)
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return
      const fields = { event_type: 'camera_settings_unreadable', path: this.#deps.path, reason: codeOf(cause) || messageOf(cause) }
      this.#deps.log.warn(fields, 'what was switched per camera cannot be read; all alerts are on')
    }
  }

  of(cameraName: string): CameraSettings {
    return this.#settings.get(cameraName) ?? DEFAULT_CAMERA_SETTINGS
  }

  /** See `Home.change`. */
  async change(cameraName: string, change: Partial<CameraSettings>): Promise<Result<void, PluginError>> {
    if (!this.#deps.cameras.includes(cameraName)) return err(pluginError('invalid', `there is no camera "${cameraName}"`))
    const settings = { ...this.of(cameraName), ...change }
    this.#settings.set(cameraName, settings)
    this.#deps.log.info({ event_type: 'camera_settings_changed', camera_name: cameraName, ...settings }, 'the owner switched a camera')
    this.#deps.onChange(cameraName, settings)
    return this.#save()
  }

  async #save(): Promise<Result<void, PluginError>> {
    const file: z.output<typeof FileSchema> = { version: 1, cameras: Object.fromEntries(this.#settings) }
    this.#lastFault = null
    await this.#saving.run(() => writeFileAtomic(this.#deps.path, `${JSON.stringify(file, null, 2)}\n`))
    if (this.#lastFault === null) return ok()
    const reason = codeOf(this.#lastFault) || messageOf(this.#lastFault)
    this.#deps.log.warn({ event_type: 'camera_settings_not_saved', reason }, 'it holds until the next start')
    return err(pluginError('unavailable', `the settings cannot be saved (${reason}); they hold until the next start`))
  }
}
