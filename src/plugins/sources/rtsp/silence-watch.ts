import type { Clock } from '../../../contracts/clock.ts'

export interface SilenceLimits {
  /** From dialling to the first sign of life. */
  readonly connectMs: number
  /** From one sign to the next. */
  readonly silenceMs: number
}

const LOOK_EVERY_MS = 250

/**
 * Resolves with what is wrong as soon as nothing has come for too long, or with null when `signal` aborts. That a process lives proves
 * nothing: what it delivers does.
 */
export async function untilSilent(
  lastSignMs: () => number | null,
  limits: SilenceLimits,
  clock: Clock,
  signal: AbortSignal,
): Promise<'offline' | 'stalled' | null> {
  const startedMs = clock.monotonicMs()
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal)
    if (signal.aborted) return null
    const last = lastSignMs()
    const nowMs = clock.monotonicMs()
    if (last === null ? nowMs - startedMs > limits.connectMs : nowMs - last > limits.silenceMs) return last === null ? 'offline' : 'stalled'
  }
}
