import type { Clock } from '../contracts/clock.ts'

export interface SilenceDeadline extends Disposable {
  readonly signal: AbortSignal
  /** Whether there was a sign of life at all. */
  readonly isHeard: boolean
  /** Tells of a sign of life. */
  readonly heard: () => void
}

/** A signal that aborts once `ms` have passed without a sign of life, or when `parent` does. Dispose it to stop the watch. */
export function startSilenceDeadline(ms: number, parent: AbortSignal, clock: Pick<Clock, 'monotonicMs' | 'sleep'>): SilenceDeadline {
  const controller = new AbortController()
  const stop = new AbortController()
  const cancel = () => controller.abort(new Error('cancelled'))
  let isHeard = false
  let lastMs = clock.monotonicMs()
  const watch = async () => {
    for (;;) {
      const leftMs = lastMs + ms - clock.monotonicMs()
      if (leftMs <= 0) break
      await clock.sleep(leftMs, stop.signal)
      if (stop.signal.aborted) return
    }
    controller.abort(new Error(`nothing happened for ${ms} ms`))
  }
  void watch() // a clock never rejects
  if (parent.aborted) cancel()
  else parent.addEventListener('abort', cancel, { once: true })
  return {
    signal: controller.signal,
    get isHeard() {
      return isHeard
    },
    heard: () => {
      isHeard = true
      lastMs = clock.monotonicMs()
    },
    [Symbol.dispose]: () => {
      stop.abort()
      parent.removeEventListener('abort', cancel)
    },
  }
}
