/** One picture: 8-bit RGB, row by row. The bytes are only good until the next picture is asked for. */
export interface RgbPicture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

const HEADER = /^P6\s(\d{1,5})\s(\d{1,5})\s255\s/
const HEADER_MAX_BYTES = 24

/** Cuts a stream of PPM pictures, however it is chunked, into its pictures. One buffer serves them all: frames are large. */
export class PpmSplitter {
  #picture = Buffer.alloc(0)
  #header = ''
  #size: { readonly width: number; readonly height: number } | null = null
  #filled = 0

  #readHeader(chunk: Buffer, at: number): number {
    for (let next = at; next < chunk.length; next += 1) {
      this.#header += String.fromCharCode(chunk[next] ?? 0)
      const found = HEADER.exec(this.#header)
      if (found !== null) {
        this.#begin(Number(found[1]), Number(found[2]))
        return next + 1
      }
      if (this.#header.length > HEADER_MAX_BYTES) throw new Error('ffmpeg sent something that is no PPM picture')
    }
    return chunk.length
  }

  #begin(width: number, height: number): void {
    this.#size = { width, height }
    this.#header = ''
    this.#filled = 0
    if (this.#picture.length !== width * height * 3) this.#picture = Buffer.alloc(width * height * 3)
  }

  /** Throws when the stream is no row of PPM pictures. */
  *push(chunk: Buffer): Generator<RgbPicture, void, undefined> {
    let at = 0
    while (at < chunk.length) {
      at = this.#size === null ? this.#readHeader(chunk, at) : this.#readPixels(chunk, at)
      if (this.#size === null || this.#filled < this.#picture.length) continue
      yield { ...this.#size, rgb: this.#picture }
      this.#size = null
    }
  }

  #readPixels(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#picture, this.#filled, at)
    this.#filled += copied
    return at + copied
  }
}
