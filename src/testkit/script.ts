/** What happens to the next requests, one each, and to all after those. */
export class Script<Act> {
  readonly #queued: Act[] = []
  #otherwise: Act

  constructor(otherwise: Act) {
    this.#otherwise = otherwise
  }

  queue(acts: readonly Act[]): void {
    this.#queued.push(...acts)
  }

  otherwise(act: Act): void {
    this.#otherwise = act
  }

  next(): Act {
    return this.#queued.shift() ?? this.#otherwise
  }
}
