import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { RiskLevelSchema } from '../../contracts/analysis.ts'
import { TimestampSchema } from '../../contracts/clip.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { DEFAULT_CAMERA_SETTINGS, type CameraSettings } from '../../contracts/home.ts'
import type { Logger } from '../../contracts/logger.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { Serial } from '../../lib/serial.ts'

const SettingsSchema = z.object({
  alerts_on: z.boolean(),
  min_risk_level: RiskLevelSchema.nullable(),
  silenced_until: TimestampSchema.nullable(),
})
const FileSchema = z.object({ version: z.literal(1), cameras: z.record(z.string(), z.unknown()) })

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
  /** What is on disk could not be read whole; it is kept aside before it is written over. */
  #isDamaged = false

  constructor(deps: CameraSettingsDeps) {
    this.#deps = deps
    this.#saving = new Serial(() => undefined)
  }

  async load(): Promise<void> {
    try {
      const { cameras } = FileSchema.parse(JSON.parse(await readFile(this.#deps.path, 'utf8')))
      for (const [name, raw] of Object.entries(cameras)) {
        const settings = SettingsSchema.safeParse(raw)
        // Of a camera that is gone too: it may come back.
        if (settings.success) this.#settings.set(name, settings.data)
        else this.#complain(`the entry of ${name} is damaged`)
      }
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') this.#complain(codeOf(cause) || messageOf(cause))
    }
  }

  #complain(reason: string): void {
    this.#isDamaged = true
    const fields = { event_type: 'camera_settings_unreadable', path: this.#deps.path, reason }
    this.#deps.log.warn(fields, 'what was switched per camera cannot be read; where it is unknown, alerts are on')
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
    const faults: string[] = []
    await this.#saving.run(() => this.#write().catch((cause: unknown) => void faults.push(codeOf(cause) || messageOf(cause))))
    const [reason] = faults
    if (reason === undefined) return ok()
    this.#deps.log.warn({ event_type: 'camera_settings_not_saved', reason }, 'it holds until the next start')
    return err(pluginError('unavailable', `the settings cannot be saved (${reason}); they hold until the next start`))
  }

  async #write(): Promise<void> {
    const { path } = this.#deps
    if (this.#isDamaged) await rename(path, `${path}.damaged`).catch(() => undefined)
    this.#isDamaged = false
    const file: z.input<typeof FileSchema> = { version: 1, cameras: Object.fromEntries(this.#settings) }
    await writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`)
  }
}
