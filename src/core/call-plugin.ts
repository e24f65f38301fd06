import { ERROR_KINDS, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { attempt, err, type Result } from '../contracts/result.ts'
import { orAborted, startDeadline } from '../lib/deadline.ts'

export interface PluginCall {
  /** The plugin's name, for the error. */
  readonly plugin: string
  readonly timeoutMs: number
  /** Aborts at shutdown. */
  readonly signal: AbortSignal
}

/**
 * Calls a plugin with a deadline. Never rejects and never hangs, whatever the plugin does: one that throws or breaks its contract
 * is a `bug`, one that does not answer a `timeout`. `cancelled` means that we are shutting down, and nothing else does.
 */
export async function callPlugin<T>(
  { plugin, timeoutMs, signal }: PluginCall,
  operation: (signal: AbortSignal) => Promise<Result<T, PluginError>>,
): Promise<Result<T, PluginError>> {
  using deadline = startDeadline(timeoutMs, signal)
  const called = await attempt(
    () => orAborted(Promise.resolve(operation(deadline.signal)), deadline.signal),
    (cause) => pluginError('bug', `${plugin} threw instead of returning an error: ${messageOf(cause)}`, cause),
  )
  const result = called.ok ? checked(called.value, plugin) : called
  if (result.ok) return result
  // Cut short by a shutdown is not a verdict, whatever the plugin made of it.
  if (signal.aborted) return err(pluginError('cancelled', 'shutting down', result.error.cause))
  if (deadline.signal.aborted)
    return err(pluginError('timeout', `${plugin} gave no answer within ${timeoutMs / 1000} s`, result.error.cause))
  if (result.error.kind === 'cancelled') return err(pluginError('unavailable', `${plugin} broke off: ${result.error.message}`))
  return result
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
