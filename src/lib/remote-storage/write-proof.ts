import type { Clock } from '../../contracts/clock.ts'

const VALID_MS = 60 * 60 * 1000

/**
 * Remembers that writing worked. Health is asked twice a minute, and a probe written each time would keep disks awake and fill
 * the activity list of a cloud; so after a success only reachability and login are asked about for an hour.
 */
export class WriteProof {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #provenAtMs: number | null = null

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  get isFresh(): boolean {
    return this.#provenAtMs !== null && this.#clock.monotonicMs() - this.#provenAtMs < VALID_MS
  }

  /** Runs a write and remembers how it went. */
  async over<T>(write: () => Promise<T>): Promise<T> {
    try {
      const written = await write()
      this.#provenAtMs = this.#clock.monotonicMs()
      return written
    } catch (cause) {
      this.#provenAtMs = null
      throw cause
    }
  }
}
