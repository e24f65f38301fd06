/** So long uploads leave a place alone that gave no answer. */
const QUIET_MS = 60_000

/**
 * What a place that hangs costs: each upload to it would hold its slot until the deadline, while the other places wait for the slot.
 * So after one that hung, others fail at once; now and then a single one is let through to see whether the place is back.
 */
export class Silence {
  #sinceMs: number | null = null
  #isProbed = false

  get isSilent(): boolean {
    return this.#sinceMs !== null
  }

  /** Whether an upload may try now; whoever is let through must report with `heard` or `unheard`. */
  mayTry(nowMs: number): boolean {
    if (this.#sinceMs === null) return true
    if (this.#isProbed || nowMs - this.#sinceMs < QUIET_MS) return false
    this.#isProbed = true
    return true
  }

  /** It answered, if only to refuse. */
  heard(): void {
    this.#sinceMs = null
    this.#isProbed = false
  }

  unheard(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#isProbed = false
  }
}
