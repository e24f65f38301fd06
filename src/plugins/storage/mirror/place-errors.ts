import { isRetryable, pluginError, type PluginError } from '../../../contracts/errors.ts'

export interface PlaceError {
  readonly place: string
  readonly error: PluginError
}

/**
 * One error for what went wrong in several places. Retryable if any is, since a later try brings at least that one further. The
 * shortest wait counts: a place that asked for a longer one is left alone until then anyway. Pure.
 */
export function combined(failures: readonly [PlaceError, ...PlaceError[]]): PluginError {
  const passing = failures.filter(({ error }) => isRetryable(error.kind))
  const { error } = passing[0] ?? failures.find(({ error: { kind } }) => kind === 'rejected') ?? failures[0]
  const message = failures.map((failure) => `${failure.place}: ${failure.error.message}`).join('; ')
  const waitMs = Math.min(...passing.map((failure) => failure.error.retryAfterMs ?? 0))
  return { ...pluginError(error.kind, message, error.cause), ...(passing.length > 0 && waitMs > 0 && { retryAfterMs: waitMs }) }
}

/**
 * Why nobody could hand out an object. `invalid` is a verdict, so it takes all places; one that could not be asked may have it. Pure.
 */
export function notFound(failures: readonly PlaceError[]): PluginError {
  const [first, ...others] = failures
  if (first === undefined) return pluginError('invalid', 'no place of the mirror knows this address')
  if (failures.some(({ error }) => error.kind === 'cancelled')) return pluginError('cancelled', 'cancelled')
  const error = combined([first, ...others])
  return failures.every((failure) => failure.error.kind === 'invalid') ? error : { ...error, kind: 'unavailable' }
}
