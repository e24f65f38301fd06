import type { FrameSize } from './grey-frame.ts'

const ONE = 1 << 16

/** Averages each pixel with the square around it, the border pixels repeated outwards. Owns its memory: nothing is allocated per frame. */
export class BoxBlur {
  readonly #size: FrameSize
  readonly #kernel: number
  readonly #rowSums: Uint16Array
  readonly #columnSums: Int32Array
  readonly #output: Uint8Array

  /** `kernel` is odd, or 0 for no blur. */
  constructor(size: FrameSize, kernel: number) {
    this.#size = size
    this.#kernel = kernel
    this.#rowSums = new Uint16Array(size.width * size.height)
    this.#columnSums = new Int32Array(size.width)
    this.#output = new Uint8Array(size.width * size.height)
  }

  /** Valid until the next call. */
  blur(pixels: Uint8Array): Uint8Array {
    if (this.#kernel <= 1) return pixels
    this.#sumRows(pixels)
    this.#averageColumns()
    return this.#output
  }

  /** A running sum: its cost does not depend on the size of the kernel. */
  #sumRows(pixels: Uint8Array): void {
    const { width, height } = this.#size
    const sums = this.#rowSums
    const radius = this.#kernel >> 1
    const steady = Math.max(radius + 1, width - radius)
    for (let y = 0, row = 0; y < height; y += 1, row += width) {
      const last = row + width - 1
      const first = pixels[row] ?? 0
      let sum = first * (radius + 1)
      for (let x = 0; x < radius; x += 1) sum += pixels[Math.min(row + x, last)] ?? 0
      for (let x = 0; x < width; x += 1) {
        const at = row + x
        const isInside = x > radius && x < steady
        sum += (isInside ? pixels[at + radius] : pixels[Math.min(at + radius, last)]) ?? 0
        if (x > 0) sum -= (isInside ? pixels[at - radius - 1] : pixels[Math.max(at - radius - 1, row)]) ?? 0
        else sum -= first
        sums[at] = sum
      }
    }
  }

  #averageColumns(): void {
    const { width, height } = this.#size
    const rows = this.#rowSums
    const columns = this.#columnSums
    const output = this.#output
    const radius = this.#kernel >> 1
    const reciprocal = Math.round(ONE / (this.#kernel * this.#kernel))
    const rowAt = (y: number) => Math.min(Math.max(y, 0), height - 1) * width

    for (let x = 0; x < width; x += 1) columns[x] = (rows[x] ?? 0) * (radius + 1)
    for (let y = 0; y < radius; y += 1) {
      const row = rowAt(y)
      for (let x = 0; x < width; x += 1) columns[x] = (columns[x] ?? 0) + (rows[row + x] ?? 0)
    }
    for (let y = 0, at = 0; y < height; y += 1) {
      const enters = rowAt(y + radius)
      const leaves = rowAt(y - radius - 1)
      for (let x = 0; x < width; x += 1, at += 1) {
        const sum = (columns[x] ?? 0) + (rows[enters + x] ?? 0) - (rows[leaves + x] ?? 0)
        columns[x] = sum
        output[at] = (sum * reciprocal + ONE / 2) >> 16
      }
    }
  }
}
