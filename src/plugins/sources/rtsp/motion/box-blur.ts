import type { FrameSize } from './grey-frame.ts'

/** Of the fixed point; the sum of a kernel times this stays within 31 bits. */
const FRACTION_BITS = 20

/** Averages each pixel with the square around it, the border pixels repeated outwards. Owns its memory: nothing is allocated per frame. */
export class BoxBlur {
  readonly #size: FrameSize
  readonly #radius: number
  /** What the kernel covers of each column, and as much again as it reaches beyond either side. */
  readonly #columns: Int32Array
  readonly #output: Uint8Array

  /** `kernel` is odd, or 0 for no blur. */
  constructor(size: FrameSize, kernel: number) {
    this.#size = size
    this.#radius = kernel >> 1
    this.#columns = new Int32Array(size.width + 2 * this.#radius)
    this.#output = new Uint8Array(size.width * size.height)
  }

  /** Valid until the next call, and until the pixels change. Running sums: the cost does not depend on the size of the kernel. */
  blur(pixels: Uint8Array): Uint8Array {
    if (this.#radius === 0) return pixels
    const { width, height } = this.#size
    const rowAt = (y: number) => Math.min(Math.max(y, 0), height - 1) * width

    this.#columns.fill(0)
    for (let y = -this.#radius; y <= this.#radius; y += 1) this.#addRow(pixels, rowAt(y))
    for (let y = 0; y < height; y += 1) {
      this.#averageRow(y * width)
      this.#exchangeRows(pixels, rowAt(y + this.#radius + 1), rowAt(y - this.#radius))
    }
    return this.#output
  }

  #addRow(pixels: Uint8Array, from: number): void {
    const columns = this.#columns
    const radius = this.#radius
    for (let x = 0; x < this.#size.width; x += 1) columns[x + radius] = (columns[x + radius] ?? 0) + (pixels[from + x] ?? 0)
  }

  #exchangeRows(pixels: Uint8Array, enters: number, leaves: number): void {
    const columns = this.#columns
    const { width } = this.#size
    for (let x = 0, column = this.#radius; x < width; x += 1, column += 1) {
      columns[column] = (columns[column] ?? 0) + (pixels[enters + x] ?? 0) - (pixels[leaves + x] ?? 0)
    }
  }

  #averageRow(from: number): void {
    const columns = this.#columns
    const output = this.#output
    const { width } = this.#size
    const kernel = 2 * this.#radius + 1
    const reciprocal = Math.round((1 << FRACTION_BITS) / (kernel * kernel))
    const half = 1 << (FRACTION_BITS - 1)
    columns.fill(columns[this.#radius] ?? 0, 0, this.#radius)
    columns.fill(columns[this.#radius + width - 1] ?? 0, this.#radius + width)
    let sum = 0
    for (let x = 0; x < kernel - 1; x += 1) sum += columns[x] ?? 0
    for (let x = 0; x < width; x += 1) {
      sum += columns[x + kernel - 1] ?? 0
      output[from + x] = (Math.imul(sum, reciprocal) + half) >> FRACTION_BITS
      sum -= columns[x] ?? 0
    }
  }
}
