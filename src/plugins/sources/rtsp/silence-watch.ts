import type { Clock } from '../../../contracts/clock.ts'

export interface SilenceLimits {
  /** From dialling to the first sign of life. */
  readonly connectMs: number
  /** From one sign to the next. */
  readonly silenceMs: number
}

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
    const last = lastSignMs()
    const silentAtMs = last === null ? startedMs + limits.connectMs : last + limits.silenceMs
    const nowMs = clock.monotonicMs()
    if (nowMs >= silentAtMs) return last === null ? 'offline' : 'stalled'
    // Not before then can there be anything to tell, unless the first sign comes, with another limit.
    const untilMs = last === null ? Math.min(silentAtMs, nowMs + limits.silenceMs) : silentAtMs
    await clock.sleep(untilMs - nowMs, signal)
    if (signal.aborted) return null
  }
}
