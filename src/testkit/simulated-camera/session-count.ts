export interface SessionCounts {
  /** Clients that are being shown a stream now. */
  readonly current: number
  /** The most at one time. */
  readonly peak: number
  /** How often one began. */
  readonly total: number
}

/** Counts for itself and for the whole it is a part of. */
export class SessionCount implements SessionCounts {
  readonly #whole: SessionCount | null
  #current = 0
  #peak = 0
  #total = 0

  constructor(whole: SessionCount | null) {
    this.#whole = whole
  }

  get current(): number {
    return this.#current
  }
  get peak(): number {
    return this.#peak
  }
  get total(): number {
    return this.#total
  }

  began(): void {
    this.#current += 1
    this.#total += 1
    this.#peak = Math.max(this.#peak, this.#current)
    this.#whole?.began()
  }

  ended(): void {
    this.#current -= 1
    this.#whole?.ended()
  }
}
