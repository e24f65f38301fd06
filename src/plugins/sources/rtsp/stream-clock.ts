/** Two windows of this length are looked at, so that a camera's clock may drift against ours. */
const WINDOW_MS = 30_000

/**
 * Tells when a picture was taken, in our monotonic time, from its time in the stream. A picture can come late but never early: the
 * least delay seen lately is the true distance between the two clocks (as NTP's minimum filter).
 */
export class StreamClock {
  #windowStartMs = 0
  #current = Infinity
  #previous = Infinity

  /** @param arrivedMs monotonic time at which the picture of stream time `ptsMs` came. */
  observe(ptsMs: number, arrivedMs: number): void {
    const offset = arrivedMs - ptsMs
    if (this.#current === Infinity) this.#windowStartMs = arrivedMs
    if (arrivedMs - this.#windowStartMs > WINDOW_MS) {
      this.#previous = this.#current
      this.#current = offset
      this.#windowStartMs = arrivedMs
    } else this.#current = Math.min(this.#current, offset)
  }

  /** Null before the first picture. */
  get offsetMs(): number | null {
    const offset = Math.min(this.#current, this.#previous)
    return offset === Infinity ? null : offset
  }

  toMonotonicMs(ptsMs: number): number | null {
    return this.offsetMs === null ? null : ptsMs + this.offsetMs
  }

  toStreamMs(monotonicMs: number): number | null {
    return this.offsetMs === null ? null : monotonicMs - this.offsetMs
  }
}
