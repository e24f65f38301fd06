import type { PluginError } from '../../../contracts/errors.ts'

/** Keeps a model that fails from holding up every clip. Times are milliseconds of one clock. */
export type Breaker =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly untilMs: number }
  /** One request is under way to see whether it works again. */
  | { readonly state: 'half_open' }

export interface BreakerPolicy {
  /** So many failures in a row open it. */
  readonly failures: number
  readonly cooldownMs: number
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: Pick<PluginError, 'kind' | 'retryAfterMs'> }

export const CLOSED: Breaker = { state: 'closed', failures: 0 }

/** A service may ask for anything; after this it is tried all the same. */
const LONGEST_WAIT_MS = 60 * 60 * 1000

/** The breaker once a request was let through, or null when it is not. Pure. */
export function admit(breaker: Breaker, nowMs: number): Breaker | null {
  switch (breaker.state) {
    case 'closed':
      return breaker
    case 'half_open':
      return null
    case 'open':
      return nowMs < breaker.untilMs ? null : { state: 'half_open' }
  }
}

/** The breaker after a request that was let through. Pure. */
export function settle(breaker: Breaker, outcome: Outcome, policy: BreakerPolicy, nowMs: number): Breaker {
  if (outcome.ok) return CLOSED
  const { kind, retryAfterMs } = outcome.error
  // A request that was called off says nothing of the model: the next one may try.
  if (kind === 'cancelled') return breaker.state === 'half_open' ? { state: 'open', untilMs: nowMs } : breaker
  const waitMs = Math.min(retryAfterMs ?? 0, LONGEST_WAIT_MS)
  const failures = breaker.state === 'closed' ? breaker.failures + 1 : policy.failures
  const isHopeless = kind === 'rejected' || failures >= policy.failures
  if (!isHopeless && waitMs === 0) return { state: 'closed', failures }
  const untilMs = nowMs + Math.max(waitMs, isHopeless ? policy.cooldownMs : 0)
  return { state: 'open', untilMs: breaker.state === 'open' ? Math.max(untilMs, breaker.untilMs) : untilMs }
}
