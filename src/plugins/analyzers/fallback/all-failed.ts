import { isRetryable, pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'

/** Why one model gave no judgement. */
export interface Miss {
  readonly name: string
  /** What it said, or said last when it was not asked. */
  readonly error: PluginError
  /** When it may be asked again; null: at once. */
  readonly againInMs: number | null
}

/** The kind that tells most about what to do, when no later try can help. */
const BY_WEIGHT: readonly ErrorKind[] = ['rejected', 'invalid', 'bug']

/** One error for all: retryable while one of them is, and saying of each what is wrong. Pure. */
export function allFailed(misses: readonly Miss[]): PluginError {
  const message = misses
    .map(({ name, error, againInMs }) => `${name}: ${error.message}${againInMs === null ? '' : wait(againInMs)}`)
    .join('; ')
  const retryable = misses.filter(({ error }) => isRetryable(error.kind))
  const [first] = retryable
  if (first === undefined) {
    const kind = BY_WEIGHT.find((candidate) => misses.some(({ error }) => error.kind === candidate)) ?? 'unavailable'
    return pluginError(kind, message)
  }
  const waitMs = Math.min(...retryable.map(({ againInMs }) => againInMs ?? 0))
  const error = pluginError(first.error.kind, message)
  return waitMs > 0 ? { ...error, retryAfterMs: waitMs } : error
}

function wait(ms: number): string {
  return ` (asked again in ${Math.ceil(ms / 1000)} s)`
}
