import type { Clock } from '../../../../contracts/clock.ts'

interface Failures {
  count: number
  /** Monotonic milliseconds after which they are forgotten. */
  untilMs: number
}

/** Whom it still remembers; one address with many names must not fill the memory. */
const MOST_REMEMBERED = 10_000

/**
 * Slows down who guesses passwords. Counts by address and user: in a container all cameras may have one address, and one of them with a
 * wrong password must not lock out the others.
 */
export class LoginGuard {
  readonly #failures = new Map<string, Failures>()
  readonly #policy: { readonly maxFailures: number; readonly lockoutMs: number }
  readonly #clock: Pick<Clock, 'monotonicMs'>

  constructor(policy: { readonly maxFailures: number; readonly lockoutMs: number }, clock: Pick<Clock, 'monotonicMs'>) {
    this.#policy = policy
    this.#clock = clock
  }

  isLockedOut(address: string, user: string): boolean {
    return (this.#recent(address, user)?.count ?? 0) >= this.#policy.maxFailures
  }

  /**
   * A try while locked out does not lock out for longer: a camera that got its new password tries on and on.
   * @returns how many there were in a row, this one included.
   */
  failed(address: string, user: string): number {
    const key = keyOf(address, user)
    const known = this.#recent(address, user)?.count ?? 0
    const count = known + 1
    if (known >= this.#policy.maxFailures) return count
    this.#failures.delete(key)
    this.#failures.set(key, { count, untilMs: this.#clock.monotonicMs() + this.#policy.lockoutMs })
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MOST_REMEMBERED) break
      this.#failures.delete(oldest)
    }
    return count
  }

  succeeded(address: string, user: string): void {
    this.#failures.delete(keyOf(address, user))
  }

  #recent(address: string, user: string): Failures | null {
    const failures = this.#failures.get(keyOf(address, user))
    return failures === undefined || failures.untilMs <= this.#clock.monotonicMs() ? null : failures
  }
}

function keyOf(address: string, user: string): string {
  return `${address} ${user}`
}
