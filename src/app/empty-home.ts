import { pluginError } from '../contracts/errors.ts'
import { DEFAULT_CAMERA_SETTINGS, type Home } from '../contracts/home.ts'
import { err } from '../contracts/result.ts'
import { readVersion } from './version.ts'

/** What a plugin sees that is only checked: nothing runs, and nothing can be switched. */
export function emptyHome(): Home {
  return {
    version: readVersion(),
    cameras: () => [],
    status: async () => null,
    settings: () => DEFAULT_CAMERA_SETTINGS,
    minRiskLevel: () => null,
    change: async (cameraName) => err(pluginError('invalid', `there is no camera "${cameraName}"`)),
    subscribe: () => ({ [Symbol.dispose]: () => undefined }),
  }
}
