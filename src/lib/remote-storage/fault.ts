import { pluginError, type ErrorKind, type PluginError } from '../../contracts/errors.ts'

/** Carries a finished plugin error out of nested work, to the one place of a storage that turns exceptions into values. */
export class StorageFault extends Error {
  readonly error: PluginError

  constructor(error: PluginError) {
    super(error.message)
    this.error = error
  }
}

export function fault(kind: ErrorKind, message: string): StorageFault {
  return new StorageFault(pluginError(kind, message))
}
