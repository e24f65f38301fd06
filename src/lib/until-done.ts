import type { Clock } from '../contracts/clock.ts'
import { retryDelayMs } from './retry.ts'

/** Runs `work` until it returns true, waiting longer after each time it did not, or until `signal` aborts. `work` must not reject. */
export async function untilDone(
  work: () => Promise<boolean>,
  pace: {
    readonly clock: Pick<Clock, 'sleep'>
    readonly firstDelayMs: number
    readonly mostDelayMs: number
    readonly random: () => number
  },
  signal: AbortSignal,
): Promise<void> {
  for (let next = 2; !signal.aborted; next += 1) {
    if (await work()) return
    await pace.clock.sleep(retryDelayMs(next, pace.firstDelayMs, pace.random(), { capMs: pace.mostDelayMs }), signal)
  }
}
