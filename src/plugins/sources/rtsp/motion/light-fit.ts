/** What the pixels of the background would look like in the light of now. Index: background; value: expected. */
export type Tone = Uint8Array

/** Shifts this small are noise, or not worth the arithmetic. */
const SMALLEST_SHIFT = 3
/** Dark and bright parts closer than this say nothing of contrast. */
const SMALLEST_SPREAD = 24
/** A fit that leaves so few pixels unexplained is good by itself. */
const FEW = 0.05

/**
 * Fits how brightness and contrast of the whole picture changed: clouds, dusk and the camera's automatic exposure are no motion.
 * Medians of the darker and of the brighter half: up to half of each may be covered by something that came into the picture.
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
    const darkShifts = this.#darkShifts.fill(0)
    const brightShifts = this.#brightShifts.fill(0)
    for (let i = 0; i < count; i += 1) add(levels, background[i] ?? 0)
    const middle = rank(levels, count / 2)
    let darkCount = 0
    for (let i = 0; i < count; i += 1) {
      const level = background[i] ?? 0
      const isDark = level <= middle
      if (isDark) darkCount += 1
      add(isDark ? darkShifts : brightShifts, (frame[i] ?? 0) - level + 255)
    }
    const dark = rank(darkShifts, darkCount / 2) - 255
    const bright = darkCount === count ? dark : rank(brightShifts, (count - darkCount) / 2) - 255
    if (Math.abs(dark) <= SMALLEST_SHIFT && Math.abs(bright) <= SMALLEST_SHIFT) return false
    this.#draw(dark, bright, count)
    return true
  }

  /** A straight line through both halves. */
  #draw(dark: number, bright: number, count: number): void {
    const darkLevel = rank(this.#levels, count / 4)
    const spread = rank(this.#levels, (count * 3) / 4) - darkLevel
    const slope = spread < SMALLEST_SPREAD ? 0 : (bright - dark) / spread
    const start = spread < SMALLEST_SPREAD ? (dark + bright) / 2 : dark
    const { tone } = this
    for (let level = 0; level < 256; level += 1) {
      tone[level] = Math.min(255, Math.max(0, Math.round(level + start + slope * (level - darkLevel))))
    }
    this.#isNeutral = false
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
