export interface RetryPolicy {
  readonly maxAttempts: number
  readonly backoffMs: number
}

const JITTER = 0.25

/**
 * How long to wait before attempt `nextAttempt` (2 for the first retry): `backoffMs` doubling, ± 25 %, at most `capMs`,
 * never less than what the other side asked for.
 * @param random in [0, 1)
 */
export function retryDelayMs(
  nextAttempt: number,
  backoffMs: number,
  random: number,
  limits: { readonly capMs?: number; readonly atLeastMs?: number } = {},
): number {
  const doubled = backoffMs * 2 ** Math.min(nextAttempt - 2, 30)
  const jittered = Math.min(doubled, limits.capMs ?? Infinity) * (1 - JITTER + 2 * JITTER * random)
  return Math.max(jittered, limits.atLeastMs ?? 0)
}
