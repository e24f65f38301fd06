import type { FrameSize } from './grey-frame.ts'
import { isStructureKept } from './kept-structure.ts'
import { LightFit } from './light-fit.ts'
import { runsOf, sampleOf } from './watched-area.ts'

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
const WEIGHT_BITS = 12
const ONE = 1 << WEIGHT_BITS

/** How fast to learn in one frame. */
interface Pace {
  /** Of this frame in the background, of `ONE`. */
  readonly weight: number
  /** Likewise where the background is covered. */
  readonly coverWeight: number
  /** Ticks that have passed. */
  readonly step: number
  /** Ticks after which what came belongs to the background. */
  readonly oldest: number
}

/**
 * What the picture looks like when nothing happens. Pixels that differ from it are not learnt, so that someone who stands still does
 * not fade; what stays different for `absorbMs` is taken over whole, whatever its contrast. Owns its memory.
 */
export class Background {
  /** Grey levels times 256. */
  readonly #levels: Uint16Array
  /** Ticks for which a pixel has been different. */
  readonly #ages: Uint16Array
  /** What a pixel was before something was absorbed there. 0: nothing was. */
  readonly #before: Uint8Array
  /** Where each run of watched pixels begins and ends. */
  readonly #runs: Uint32Array
  readonly #sampled: Uint32Array
  readonly #sampleLevels: Uint8Array
  readonly #samplePixels: Uint8Array
  readonly #light = new LightFit()
  readonly #settings: BackgroundSettings
  readonly #size: FrameSize
  readonly #watched: Uint8Array
  readonly #watchedCount: number
  #rawPct = 0
  #elapsedMs = 0

  constructor(size: FrameSize, watched: Uint8Array, settings: BackgroundSettings) {
    const count = size.width * size.height
    this.#settings = settings
    this.#levels = new Uint16Array(count)
    this.#ages = new Uint16Array(count)
    this.#before = new Uint8Array(count)
    this.#runs = runsOf(watched)
    this.#size = size
    this.#watched = watched
    this.#watchedCount = watched.reduce((sum, isWatched) => sum + isWatched, 0)
    this.#sampled = sampleOf(size, watched)
    this.#sampleLevels = new Uint8Array(this.#sampled.length)
    this.#samplePixels = new Uint8Array(this.#sampled.length)
  }

  /** Percent of the watched pixels that differed in the frame looked at last, before the light of the whole picture was allowed for. */
  get rawPct(): number {
    return this.#rawPct
  }

  /** Starts anew: this frame is the background. */
  begin(pixels: Uint8Array): void {
    for (let i = 0; i < pixels.length; i += 1) this.#levels[i] = (pixels[i] ?? 0) << 8
    this.#ages.fill(0)
    this.#before.fill(0)
  }

  /** Percent of the watched pixels that differ. Learns nothing. */
  changedPct(pixels: Uint8Array): number {
    this.#fitLight(pixels)
    return this.#pct(this.#overRuns((from, end) => this.#countChanged(pixels, from, end)))
  }

  #countChanged(pixels: Uint8Array, from: number, end: number): number {
    const { tone } = this.#light
    const levels = this.#levels
    const most = this.#settings.pixelThreshold
    let changed = 0
    for (let i = from; i < end; i += 1) {
      const difference = (pixels[i] ?? 0) - (tone[(levels[i] ?? 0) >> 8] ?? 0)
      if (difference > most || difference < -most) changed += 1
    }
    return changed
  }

  /** Learns all of this frame, with the weight of one in `frames`. */
  average(pixels: Uint8Array, frames: number): void {
    const levels = this.#levels
    const weight = Math.max(1, Math.round(ONE / frames))
    for (let i = 0; i < pixels.length; i += 1) levels[i] = moved(levels[i] ?? 0, pixels[i] ?? 0, weight)
  }

  /** Percent of the watched pixels that differ; learns from the others. */
  subtract(pixels: Uint8Array, sincePreviousMs: number): number {
    const isCorrected = this.#fitLight(pixels)
    const weight = Math.round(ONE * (1 - Math.exp(-sincePreviousMs / LEARN_MS)))
    const oldest = Math.max(1, Math.round(this.#settings.absorbMs / TICK_MS))
    const pace = { weight, coverWeight: isCorrected ? weight : 0, step: this.#ticks(sincePreviousMs), oldest }
    return this.#pct(this.#overRuns((from, end) => this.#subtractRun(pixels, pace, from, end)))
  }

  #subtractRun(pixels: Uint8Array, pace: Pace, from: number, end: number): number {
    const { weight, step } = pace
    const { tone } = this.#light
    const levels = this.#levels
    const ages = this.#ages
    const most = this.#settings.pixelThreshold
    let changed = 0
    for (let i = from; i < end; i += 1) {
      const level = levels[i] ?? 0
      const pixel = pixels[i] ?? 0
      const difference = pixel - (tone[level >> 8] ?? 0)
      if (difference > most || difference < -most) {
        if (this.#isThing(i, pixel, pace)) changed += 1
        continue
      }
      levels[i] = moved(level, pixel, weight)
      const age = ages[i] ?? 0
      if (age !== 0) ages[i] = Math.max(0, age - step * FORGET_FACTOR)
    }
    return changed
  }

  /** A pixel differs: something is before the background, unless it came to stay, or something that stayed has left. */
  #isThing(at: number, pixel: number, pace: Pace): boolean {
    const level = this.#levels[at] ?? 0
    const age = this.#ages[at] ?? 0
    const was = this.#before[at] ?? 0
    const hasLeft = was !== 0 && Math.abs(pixel - (this.#light.tone[was] ?? 0)) <= this.#settings.pixelThreshold
    if (hasLeft || age + pace.step >= pace.oldest) {
      this.#levels[at] = pixel << 8
      this.#ages[at] = 0
      this.#before[at] = hasLeft ? 0 : Math.max(1, level >> 8)
      return false
    }
    this.#ages[at] = age + pace.step
    // Under what covers it, the background follows the light of the rest.
    this.#levels[at] = moved(level, this.#light.tone[level >> 8] ?? 0, pace.coverWeight)
    return true
  }

  /** Whether what differs in this frame, the one looked at last, is still the background, in other light. */
  isStructureKept(pixels: Uint8Array): boolean {
    const { tone } = this.#light
    const levels = this.#levels
    const watched = this.#watched
    const most = this.#settings.pixelThreshold
    const expected = (at: number) => tone[(levels[at] ?? 0) >> 8] ?? 0
    const isChanged = (at: number) => watched[at] === 1 && Math.abs((pixels[at] ?? 0) - expected(at)) > most
    return isStructureKept({ size: this.#size, pixels, expected, isChanged })
  }

  #overRuns(count: (from: number, end: number) => number): number {
    let sum = 0
    for (let run = 0; run < this.#runs.length; run += 2) sum += count(this.#runs[run] ?? 0, this.#runs[run + 1] ?? 0)
    return sum
  }

  #fitLight(pixels: Uint8Array): boolean {
    const sampled = this.#sampled
    const levels = this.#sampleLevels
    const values = this.#samplePixels
    const most = this.#settings.pixelThreshold
    let count = 0
    let differing = 0
    for (let i = 0; i < sampled.length; i += 1) {
      const at = sampled[i] ?? 0
      const level = (this.#levels[at] ?? 0) >> 8
      const pixel = pixels[at] ?? 0
      if (Math.abs(pixel - level) > most) differing += 1
      if (this.#ages[at] !== 0) continue // something stands there
      levels[count] = level
      values[count] = pixel
      count += 1
    }
    this.#rawPct = (differing * 100) / Math.max(1, sampled.length)
    return this.#light.fit(levels, values, count, most)
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

/** `level`, in 256ths of a grey level, moved towards a pixel. */
function moved(level: number, pixel: number, weight: number): number {
  return level + ((((pixel << 8) - level) * weight) >> WEIGHT_BITS)
}
