import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, type Result } from '../../contracts/result.ts'
import { followAbort } from '../follow-abort.ts'

/**
 * Runs `work` with a signal that also aborts when the analyzer is closed; whatever an aborted call returns, it was cancelled.
 * @param signal the caller's.
 * @param closing aborts when the analyzer is closed.
 */
export async function unlessStopped<T>(
  signal: AbortSignal,
  closing: AbortSignal,
  work: (stop: AbortSignal) => Promise<Result<T, PluginError>>,
): Promise<Result<T, PluginError>> {
  const cancelled = err(pluginError('cancelled', 'the judgement was cancelled'))
  if (signal.aborted || closing.aborted) return cancelled
  const stop = new AbortController()
  using _caller = followAbort(stop, signal)
  using _closing = followAbort(stop, closing)
  const result = await work(stop.signal)
  return result.ok || !stop.signal.aborted ? result : cancelled
}
