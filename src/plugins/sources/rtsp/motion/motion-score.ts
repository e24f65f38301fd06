/** Finer than a second, since clips do not begin at whole seconds of the stream. */
const SLOT_MS = 250

/** Remembers how much moved when, for the last `keepS` seconds of the stream. */
export class MotionScores {
  readonly #peaks: Float32Array
  /** Which slot of the stream lies in each place of the ring. */
  readonly #slots: Float64Array
  #latest = -Infinity

  constructor(keepS: number) {
    const count = Math.ceil((keepS * 1000) / SLOT_MS) + 1
    this.#peaks = new Float32Array(count)
    this.#slots = new Float64Array(count).fill(-1)
  }

  add(streamMs: number, changedPct: number): void {
    const slot = Math.floor(streamMs / SLOT_MS)
    const place = this.#placeOf(slot)
    const isNew = this.#slots[place] !== slot
    this.#slots[place] = slot
    this.#latest = slot
    this.#peaks[place] = isNew ? changedPct : Math.max(this.#peaks[place] ?? 0, changedPct)
  }

  /** The largest changed area of each second of a clip, in percent to two places. 0 where nothing is known any more. */
  scoresFor(startMs: number, endMs: number): readonly number[] {
    const seconds = Math.max(0, Math.ceil((endMs - startMs) / 1000))
    return Array.from({ length: seconds }, (_, second) => {
      const fromMs = startMs + second * 1000
      return Math.round(this.#peakBetween(fromMs, Math.min(fromMs + 1000, endMs)) * 100) / 100
    })
  }

  #peakBetween(fromMs: number, untilMs: number): number {
    let peak = 0
    for (let slot = Math.floor(fromMs / SLOT_MS); slot * SLOT_MS < untilMs; slot += 1) {
      const place = this.#placeOf(slot)
      const isKept = this.#slots[place] === slot && this.#latest - slot < this.#slots.length
      if (isKept) peak = Math.max(peak, this.#peaks[place] ?? 0)
    }
    return peak
  }

  #placeOf(slot: number): number {
    const { length } = this.#slots
    return ((slot % length) + length) % length
  }
}
