/** Runs pieces of work one after another, in the order they came. */
export class Serial {
  #tail: Promise<void> = Promise.resolve()
  readonly #onError: (cause: unknown) => void

  /** @param onError hears of work that rejects; the next piece runs all the same. */
  constructor(onError: (cause: unknown) => void) {
    this.#onError = onError
  }

  /** Resolves when `work` has run, whether or not it failed. Never rejects. */
  run(work: () => void | Promise<void>): Promise<void> {
    this.#tail = this.#tail.then(work).catch(this.#onError)
    return this.#tail
  }

  /** Resolves when all work given so far has run. */
  get idle(): Promise<void> {
    return this.#tail
  }
}
