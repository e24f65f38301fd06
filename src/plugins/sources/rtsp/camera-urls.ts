import type { PluginHost } from '../../../contracts/plugin.ts'
import { deriveDetectUrl, parseCameraUrl } from './camera-url.ts'
import type { RtspConfig } from './config.ts'

/** Where a camera's streams are. Holds credentials: never to be logged. */
export interface CameraUrls {
  readonly main: string
  readonly detect: string | null
  /** The address of the detect stream is a guess that has to prove itself. */
  readonly isGuessed: boolean
}

/** @throws with a sentence for the owner, which names the variable and never its value. */
export function cameraUrls(
  config: Pick<RtspConfig, 'rtsp_url_env' | 'detect_url_env' | 'derive_detect'>,
  secrets: PluginHost['secrets'],
): CameraUrls {
  const main = urlIn(config.rtsp_url_env, secrets)
  if (config.detect_url_env !== null) return { main, detect: urlIn(config.detect_url_env, secrets), isGuessed: false }
  return { main, detect: config.derive_detect ? deriveDetectUrl(main) : null, isGuessed: true }
}

function urlIn(envName: string, secrets: PluginHost['secrets']): string {
  const value = secrets.get(envName)
  if (value === undefined) throw new Error(`the variable ${envName} is not set`)
  const url = parseCameraUrl(value)
  if (!url.ok) throw new Error(`the variable ${envName} ${url.error}`)
  return url.value
}
