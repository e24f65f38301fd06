import type { Detection, FilterResult } from '../contracts/detection.ts'

const area = ({ box }: Detection) => box[2] * box[3]

/** Gathers what a detector finds frame by frame, and says when enough has been seen. */
export class DetectionTally {
  readonly #minHits: number
  readonly #fullScan: boolean
  readonly #onEnough: () => void
  readonly #found: Detection[] = []
  #frames = 0
  #hits = 0

  /**
   * @param rule `minHits` counts frames with something wanted in them, whatever it is.
   * @param onEnough hears of the frame that satisfies it.
   */
  constructor(rule: { readonly minHits: number; readonly fullScan: boolean }, onEnough: () => void = () => undefined) {
    this.#minHits = rule.minHits
    this.#fullScan = rule.fullScan
    this.#onEnough = onEnough
  }

  /** @param wanted what one frame shows, past every threshold */
  add(wanted: readonly Detection[]): 'more' | 'stop' {
    this.#frames += 1
    this.#found.push(...wanted)
    if (wanted.length > 0) {
      this.#hits += 1
      if (this.#hits === this.#minHits) this.#onEnough()
    }
    return !this.#fullScan && this.#hits >= this.#minHits ? 'stop' : 'more'
  }

  /** Too few hits are none: a result never holds what did not pass `minHits`. */
  result(model: string): FilterResult {
    // In the order of the clip, wherever the search began.
    const detections = this.#hits >= this.#minHits ? [...this.#found].sort((a, b) => a.second - b.second) : []
    const best = [...detections].sort((a, b) => b.confidence - a.confidence || area(b) - area(a))
    return {
      detected_classes: [...new Set(best.map((found) => found.class))],
      confidence: best[0]?.confidence ?? 0,
      model,
      sampled_frames: this.#frames,
      first_hit_s: detections[0]?.second ?? null,
      best_frame_s: best[0]?.second ?? null,
      detections,
    }
  }
}
