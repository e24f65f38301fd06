import { messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, type Result } from '../contracts/result.ts'
import { orAborted, startDeadline } from '../lib/deadline.ts'

/**
 * Asks another part of HomeSec, and answers the client in time even if that part hangs or throws.
 * @param discard what to do with a result that comes too late.
 */
export async function answerWithin<T>(
  timeoutMs: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result<T, PluginError>>,
  discard: (late: T) => void = () => undefined,
): Promise<Result<T, PluginError>> {
  using deadline = startDeadline(timeoutMs, parent)
  const pending = (async () => work(deadline.signal))()
  try {
    return await orAborted(pending, deadline.signal)
  } catch (cause) {
    if (!deadline.signal.aborted) return err(pluginError('bug', messageOf(cause), cause))
    pending.then((late) => late.ok && discard(late.value)).catch(() => undefined)
    return err(pluginError(parent.aborted ? 'cancelled' : 'timeout', `no answer within ${timeoutMs} ms`))
  }
}
