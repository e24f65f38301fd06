/** Cuts a byte stream of raw pictures into frames. The buffer handed out is used again: it is good until `onFrame` returns. */
export class GreyFrames {
  readonly #frame: Uint8Array
  readonly #onFrame: (frame: Uint8Array) => void
  #filled = 0

  constructor(frameBytes: number, onFrame: (frame: Uint8Array) => void) {
    this.#frame = new Uint8Array(frameBytes)
    this.#onFrame = onFrame
  }

  push(chunk: Uint8Array): void {
    let from = 0
    while (from < chunk.length) {
      const take = Math.min(chunk.length - from, this.#frame.length - this.#filled)
      this.#frame.set(chunk.subarray(from, from + take), this.#filled)
      this.#filled += take
      from += take
      if (this.#filled < this.#frame.length) return
      this.#filled = 0
      this.#onFrame(this.#frame)
    }
  }
}
