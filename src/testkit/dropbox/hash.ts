import { createHash, type Hash } from 'node:crypto'

const BLOCK = 4 * 1024 * 1024

/** https://www.dropbox.com/developers/reference/content-hash, written anew so that the product is not checked against itself. */
export class RunningHash {
  readonly #whole = createHash('sha256')
  #block: Hash | null = null
  #left = BLOCK

  add(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0;) {
      const now = rest.subarray(0, this.#left)
      this.#block = (this.#block ?? createHash('sha256')).update(now)
      this.#left -= now.length
      rest = rest.subarray(now.length)
      if (this.#left > 0) continue
      this.#whole.update(this.#block.digest())
      this.#block = null
      this.#left = BLOCK
    }
  }

  /** Of all that came so far; more may come. */
  get hex(): string {
    const whole = this.#whole.copy()
    if (this.#block !== null) whole.update(this.#block.copy().digest())
    return whole.digest('hex')
  }
}

export function contentHash(bytes: Buffer): string {
  const hash = new RunningHash()
  hash.add(bytes)
  return hash.hex
}
