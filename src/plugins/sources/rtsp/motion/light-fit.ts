/** What the pixels of the background would look like in the light of now. Index: background; value: expected. */
export type Tone = Uint8Array

/** Shifts this small are noise, or not worth the arithmetic. */
const SMALLEST_SHIFT = 3
/** A picture whose greys lie closer together than this says nothing of contrast. */
const SMALLEST_SPREAD = 24
/** Of the contrast before. Light that takes more is a wall before the camera. */
const LEAST_CONTRAST = 0.3
/** A fit that leaves so few pixels unexplained is good by itself. */
const FEW = 0.05

/**
 * Fits how brightness and contrast of the whole picture changed: clouds, dusk and the camera's automatic exposure are no motion.
 * Medians of the darker and of the brighter part: up to half of each may be covered by something that came into the picture.
 */
export class LightFit {
  readonly tone: Tone = Uint8Array.from({ length: 256 }, (_, level) => level)
  readonly #levels = new Uint32Array(256)
  readonly #darkShifts = new Uint32Array(511)
  readonly #brightShifts = new Uint32Array(511)
  #isNeutral = true

  /** Fits to samples of the same pixels in the background and in the frame. True if there is anything to correct. */
  fit(background: Uint8Array, frame: Uint8Array, count: number, pixelThreshold: number): boolean {
    if (this.#measure(background, frame, count) && this.#explains(background, frame, count, pixelThreshold)) return true
    this.#neutral()
    return false
  }

  #measure(background: Uint8Array, frame: Uint8Array, count: number): boolean {
    if (count === 0) return false
    const levels = this.#levels.fill(0)
    for (let i = 0; i < count; i += 1) add(levels, background[i] ?? 0)
    const [low, high] = [rank(levels, count / 4), rank(levels, (count * 3) / 4)]
    const hasContrast = high - low >= SMALLEST_SPREAD
    // So each part holds a quarter of the picture at least.
    const darkCount = this.#countShifts(background, frame, count, hasContrast ? (low + high) >> 1 : 255)
    const dark = rank(this.#darkShifts, darkCount / 2) - 255
    const bright = hasContrast ? rank(this.#brightShifts, (count - darkCount) / 2) - 255 : dark
    if (Math.abs(dark) <= SMALLEST_SHIFT && Math.abs(bright) <= SMALLEST_SHIFT) return false
    const from = rank(levels, darkCount / 2)
    return this.#draw(dark, from, hasContrast ? (bright - dark) / (rank(levels, (count + darkCount) / 2) - from) : 0)
  }

  /** How often the pixels got brighter or darker by how much. Returns how many are no brighter than `split`. */
  #countShifts(background: Uint8Array, frame: Uint8Array, count: number, split: number): number {
    const dark = this.#darkShifts.fill(0)
    const bright = this.#brightShifts.fill(0)
    let darkCount = 0
    for (let i = 0; i < count; i += 1) {
      const level = background[i] ?? 0
      const isDark = level <= split
      if (isDark) darkCount += 1
      add(isDark ? dark : bright, (frame[i] ?? 0) - level + 255)
    }
    return darkCount
  }

  /** A straight line through both parts, from the middle of the dark one. False if it is none that light could have drawn. */
  #draw(shift: number, from: number, slope: number): boolean {
    if (1 + slope < LEAST_CONTRAST || 1 + slope > 1 / LEAST_CONTRAST) return false
    const { tone } = this
    for (let level = 0; level < 256; level += 1) {
      tone[level] = Math.min(255, Math.max(0, Math.round(level + shift + slope * (level - from))))
    }
    this.#isNeutral = false
    return true
  }

  /** Something large in the picture must not be mistaken for light: the fit has to explain most of what changed. */
  #explains(background: Uint8Array, frame: Uint8Array, count: number, pixelThreshold: number): boolean {
    const { tone } = this
    let without = 0
    let withTone = 0
    for (let i = 0; i < count; i += 1) {
      const level = background[i] ?? 0
      const pixel = frame[i] ?? 0
      if (Math.abs(pixel - level) > pixelThreshold) without += 1
      if (Math.abs(pixel - (tone[level] ?? 0)) > pixelThreshold) withTone += 1
    }
    return withTone <= Math.max(without / 2, count * FEW)
  }

  #neutral(): void {
    if (this.#isNeutral) return
    for (let level = 0; level < 256; level += 1) this.tone[level] = level
    this.#isNeutral = true
  }
}

function add(histogram: Uint32Array, at: number): void {
  histogram[at] = (histogram[at] ?? 0) + 1
}

/** The value below which so many of the counted ones lie. */
function rank(histogram: Uint32Array, below: number): number {
  let seen = 0
  for (let value = 0; value < histogram.length; value += 1) {
    seen += histogram[value] ?? 0
    if (seen >= below) return value
  }
  return histogram.length - 1
}
