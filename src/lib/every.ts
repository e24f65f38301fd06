import type { Clock } from '../contracts/clock.ts'

/**
 * Runs `work` every `periodMs`, never overlapping, first after one period. Dispose it to stop and to wait for the run under way.
 * `work` must not reject; `onError` hears of it if it does, and the timer goes on.
 */
export function every(
  periodMs: number,
  clock: Pick<Clock, 'sleep'>,
  work: (signal: AbortSignal) => Promise<void>,
  onError: (cause: unknown) => void,
): AsyncDisposable {
  const stop = new AbortController()
  const loop = async () => {
    for (;;) {
      await clock.sleep(periodMs, stop.signal)
      if (stop.signal.aborted) return
      try {
        await work(stop.signal)
      } catch (cause) {
        onError(cause)
      }
    }
  }
  const running = loop()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
