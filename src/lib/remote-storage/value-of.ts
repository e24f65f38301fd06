import type { PluginError } from '../../contracts/errors.ts'
import type { Result } from '../../contracts/result.ts'
import { StorageFault } from './fault.ts'

/** For work inside of `StorageCalls.run`: the value, or the failure thrown on to it. */
export function valueOf<T>(result: Result<T, PluginError>): T {
  if (!result.ok) throw new StorageFault(result.error)
  return result.value
}
