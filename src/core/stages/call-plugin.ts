import { ERROR_KINDS, messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { attempt, err, type Result } from '../../contracts/result.ts'
import type { Clock } from '../../contracts/clock.ts'
import { orAborted } from '../../lib/deadline.ts'
import { startSilenceDeadline } from '../../lib/silence-deadline.ts'
import { systemClock } from '../../lib/system-clock.ts'

export interface PluginCall {
  /** The plugin's name, for the error. */
  readonly plugin: string
  /** From the last sign of progress on, if there are any. */
  readonly timeoutMs: number
  /** Aborts at shutdown. */
  readonly signal: AbortSignal
  /** Absent: the system's. */
  readonly clock?: Pick<Clock, 'monotonicMs' | 'sleep'>
}

/**
 * Calls a plugin with a deadline. Never rejects and never hangs, whatever the plugin does: one that throws or breaks its contract
 * is a `bug`, one that does not answer a `timeout`. `cancelled` means that we are shutting down, and nothing else does.
 * @param operation may tell, with the function it gets, that it goes on: then it has all of its time again.
 */
export async function callPlugin<T>(
  { plugin, timeoutMs, signal, clock = systemClock }: PluginCall,
  operation: (signal: AbortSignal, goesOn: () => void) => Promise<Result<T, PluginError>>,
): Promise<Result<T, PluginError>> {
  using deadline = startSilenceDeadline(timeoutMs, signal, clock)
  const called = await attempt(
    () => orAborted(Promise.resolve(operation(deadline.signal, deadline.heard)), deadline.signal),
    (cause) => pluginError('bug', `${plugin} threw instead of returning an error: ${messageOf(cause)}`, cause),
  )
  const result = called.ok ? checked(called.value, plugin) : called
  if (result.ok) return result
  // Cut short by a shutdown is not a verdict, whatever the plugin made of it.
  if (signal.aborted) return err(pluginError('cancelled', 'shutting down', result.error.cause))
  if (deadline.signal.aborted)
    return err(pluginError('timeout', `${plugin} ${whatIsMissing(deadline)} ${timeoutMs / 1000} s`, result.error.cause))
  if (result.error.kind === 'cancelled') return err(pluginError('unavailable', `${plugin} broke off: ${result.error.message}`))
  return result
}

function whatIsMissing({ isHeard }: { readonly isHeard: boolean }): string {
  return isHeard ? 'went on for a while, but then did nothing more for' : 'gave no answer within'
}

/** A plugin may be a stranger's JavaScript: what it returns is looked at before it is believed. */
function checked<T>(answer: Result<T, PluginError>, plugin: string): Result<T, PluginError> {
  const unknownAnswer: unknown = answer
  if (typeof unknownAnswer !== 'object' || unknownAnswer === null || typeof answer.ok !== 'boolean') return broken(plugin)
  if (answer.ok) return answer
  const error: unknown = answer.error
  if (typeof error !== 'object' || error === null) return broken(plugin)
  const { kind, message, retryAfterMs } = answer.error
  if (!ERROR_KINDS.includes(kind) || typeof message !== 'string') return broken(plugin)
  const isWait = retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0)
  return isWait ? answer : err({ kind, message })
}

function broken(plugin: string): Result<never, PluginError> {
  return err(pluginError('bug', `${plugin} returned something that is no result`))
}
