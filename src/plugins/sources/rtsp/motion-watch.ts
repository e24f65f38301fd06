import type { Clock } from '../../../contracts/clock.ts'
import { GREY_SIZE } from './grey-size.ts'
import { MotionDetector } from './motion/motion-detector.ts'
import type { MotionScores } from './motion/motion-score.ts'
import type { MotionSettings } from './motion/motion-settings.ts'
import type { Recorder } from './recorder.ts'

/** Where the pictures for motion come from: the recorded stream, a smaller one, or the ring. */
export type MotionFeed = 'main' | 'detect' | 'ring'

export interface MotionWatchDeps {
  readonly settings: MotionSettings
  readonly scores: MotionScores
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly recorder: Pick<Recorder, 'isRecording' | 'motion' | 'looked'>
}

/** Looks for motion in the pictures of one feed at a time, and tells the recorder. */
export class MotionWatch {
  readonly #deps: MotionWatchDeps
  readonly #detector: MotionDetector
  #feed: MotionFeed | null = null
  #lastFrameMs: number | null = null

  constructor(deps: MotionWatchDeps) {
    this.#deps = deps
    this.#detector = new MotionDetector(deps.settings)
  }

  /** Monotonic time of the last picture that was looked at. */
  get lastFrameMs(): number | null {
    return this.#lastFrameMs
  }

  /** From now on pictures of `feed` are looked at, and no others. Another feed has another background. */
  use(feed: MotionFeed | null): void {
    if (feed === this.#feed) return
    this.#feed = feed
    this.forget()
  }

  /** The stream begins anew. */
  forget(): void {
    this.#detector.reset()
  }

  /** @param streamMs when it was taken, in the time of the recorded stream. */
  frame(feed: MotionFeed, pixels: Uint8Array, streamMs: number): void {
    if (feed !== this.#feed) return
    const { recorder, scores, clock } = this.#deps
    this.#lastFrameMs = clock.monotonicMs()
    const report = this.#detector.analyze({ ...GREY_SIZE, pixels }, { streamMs, isRecording: recorder.isRecording })
    if (report.state === 'watching') scores.add(streamMs, report.changedPct)
    recorder.looked(streamMs)
    if (report.motionSinceMs !== null) recorder.motion(report.motionSinceMs, streamMs)
  }
}
