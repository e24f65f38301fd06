export interface Clock {
  now(): Date
  /** Milliseconds from an arbitrary origin; never goes backwards. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
