import type { FrameSize } from './grey-frame.ts'
import { LightFit } from './light-fit.ts'

export interface BackgroundSettings {
  readonly pixelThreshold: number
  readonly absorbMs: number
}

/** Ages are counted in these, so that they fit into 16 bits. */
const TICK_MS = 20
/** How fast the background follows what is not motion: dusk, a shadow that wanders. */
const LEARN_MS = 10_000
/** What is gone for a moment, in a broken frame or behind someone, is no newcomer when it is back. */
const FORGET_FACTOR = 4
/** No more samples than this are needed to know the light. */
const MOST_SAMPLES = 4096
const ALPHA_BITS = 12
const NEVER = 0xffff

/**
 * What the picture looks like when nothing happens. Pixels that differ from it are not learnt, so that someone who stands still does
 * not fade; what stays different for `absorbMs` is taken over whole, whatever its contrast. Owns its memory.
 */
export class Background {
  /** Grey levels times 256. */
  readonly #levels: Uint16Array
  /** Ticks for which a pixel has been different. */
  readonly #ages: Uint16Array
  /** The threshold of each pixel; that of a masked one is never reached. */
  readonly #limits: Uint16Array
  readonly #sampled: Uint32Array
  readonly #sampleLevels: Uint8Array
  readonly #samplePixels: Uint8Array
  readonly #light = new LightFit()
  readonly #settings: BackgroundSettings
  readonly #watchedCount: number
  #elapsedMs = 0

  constructor(size: FrameSize, watched: Uint8Array, settings: BackgroundSettings) {
    const count = size.width * size.height
    this.#settings = settings
    this.#levels = new Uint16Array(count)
    this.#ages = new Uint16Array(count)
    this.#limits = Uint16Array.from(watched, (isWatched) => (isWatched === 1 ? settings.pixelThreshold : NEVER))
    this.#watchedCount = watched.reduce((sum, isWatched) => sum + isWatched, 0)
    this.#sampled = sampleOf(size, watched)
    this.#sampleLevels = new Uint8Array(this.#sampled.length)
    this.#samplePixels = new Uint8Array(this.#sampled.length)
  }

  /** Starts anew: this frame is the background. */
  begin(pixels: Uint8Array): void {
    for (let i = 0; i < pixels.length; i += 1) this.#levels[i] = (pixels[i] ?? 0) << 8
    this.#ages.fill(0)
  }

  /** Percent of the watched pixels that differ. Learns nothing. */
  changedPct(pixels: Uint8Array): number {
    this.#fitLight(pixels)
    const { tone } = this.#light
    const levels = this.#levels
    const limits = this.#limits
    let changed = 0
    for (let i = 0; i < pixels.length; i += 1) {
      const difference = (pixels[i] ?? 0) - (tone[(levels[i] ?? 0) >> 8] ?? 0)
      if ((difference < 0 ? -difference : difference) > (limits[i] ?? 0)) changed += 1
    }
    return this.#pct(changed)
  }

  /** Learns all of this frame, with the weight of one in `frames`. */
  average(pixels: Uint8Array, frames: number): void {
    const levels = this.#levels
    const weight = Math.max(1, Math.round((1 << ALPHA_BITS) / frames))
    for (let i = 0; i < pixels.length; i += 1) {
      const level = levels[i] ?? 0
      levels[i] = level + (((((pixels[i] ?? 0) << 8) - level) * weight) >> ALPHA_BITS)
    }
  }

  /** Percent of the watched pixels that differ; learns from the others. */
  subtract(pixels: Uint8Array, sincePreviousMs: number): number {
    const isCorrected = this.#fitLight(pixels)
    const { tone } = this.#light
    const levels = this.#levels
    const ages = this.#ages
    const limits = this.#limits
    const weight = Math.round((1 << ALPHA_BITS) * (1 - Math.exp(-sincePreviousMs / LEARN_MS)))
    const step = this.#ticks(sincePreviousMs)
    const absorbAge = Math.max(1, Math.round(this.#settings.absorbMs / TICK_MS))
    let changed = 0
    for (let i = 0; i < pixels.length; i += 1) {
      const level = levels[i] ?? 0
      const pixel = pixels[i] ?? 0
      const expected = tone[level >> 8] ?? 0
      const difference = pixel - expected
      const age = ages[i] ?? 0
      if ((difference < 0 ? -difference : difference) > (limits[i] ?? 0)) {
        changed += 1
        if (age + step >= absorbAge) {
          levels[i] = pixel << 8
          ages[i] = 0
          continue
        }
        ages[i] = age + step
        // Under what covers it, the background follows the light of the rest.
        if (isCorrected) levels[i] = level + ((((expected << 8) - level) * weight) >> ALPHA_BITS)
      } else {
        levels[i] = level + ((((pixel << 8) - level) * weight) >> ALPHA_BITS)
        if (age > 0) ages[i] = Math.max(0, age - step * FORGET_FACTOR)
      }
    }
    return this.#pct(changed)
  }

  #fitLight(pixels: Uint8Array): boolean {
    let count = 0
    for (const at of this.#sampled) {
      if (this.#ages[at] !== 0) continue // something stands there
      this.#sampleLevels[count] = (this.#levels[at] ?? 0) >> 8
      this.#samplePixels[count] = pixels[at] ?? 0
      count += 1
    }
    return this.#light.fit(this.#sampleLevels, this.#samplePixels, count, this.#settings.pixelThreshold)
  }

  /** Whole ticks of the time that has passed; what is left over counts at the next frame. */
  #ticks(sincePreviousMs: number): number {
    const before = Math.floor(this.#elapsedMs / TICK_MS)
    this.#elapsedMs += sincePreviousMs
    return Math.floor(this.#elapsedMs / TICK_MS) - before
  }

  #pct(changed: number): number {
    return this.#watchedCount === 0 ? 0 : (changed * 100) / this.#watchedCount
  }
}

/** Evenly spread watched pixels. */
function sampleOf(size: FrameSize, watched: Uint8Array): Uint32Array {
  const stride = Math.max(1, Math.ceil(Math.sqrt((size.width * size.height) / MOST_SAMPLES)))
  const sampled: number[] = []
  for (let y = stride >> 1; y < size.height; y += stride) {
    for (let x = stride >> 1; x < size.width; x += stride) {
      if (watched[y * size.width + x] === 1) sampled.push(y * size.width + x)
    }
  }
  return Uint32Array.from(sampled)
}
