import { Transform, type TransformCallback } from 'node:stream'

/** Lets so many bytes pass, and then cuts. */
export class CutAfter extends Transform {
  #left: number
  readonly #cut: () => void

  constructor(bytes: number, cut: () => void) {
    super()
    this.#left = bytes
    this.#cut = cut
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.push(chunk.subarray(0, this.#left))
    this.#left -= chunk.length
    if (this.#left > 0) done()
    else this.#cut()
  }

  /** A body that is shorter than that is cut at its end. */
  override _flush(): void {
    this.#cut()
  }
}

export class DamageFirstByte extends Transform {
  #done = false

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const damaged = Buffer.from(chunk)
    if (!this.#done) damaged[0] = (damaged[0] ?? 0) ^ 1
    this.#done = true
    done(null, damaged)
  }
}
