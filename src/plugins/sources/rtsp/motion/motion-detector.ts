import { Background } from './background.ts'
import { BoxBlur } from './box-blur.ts'
import type { FrameSize, GreyFrame } from './grey-frame.ts'
import { isLightChange, isSameLightChange } from './light-change-policy.ts'
import { neededPct } from './motion-policy.ts'
import type { MotionSettings } from './motion-settings.ts'
import { watchedArea } from './watched-area.ts'

export interface FrameMoment {
  /** Of the stream, so that a slow reader changes nothing. A jump counts as one second at most. */
  readonly streamMs: number
  readonly isRecording: boolean
}

export interface MotionReport {
  /** `settling`, `light_change`: the background is being learnt, and no motion begins. */
  readonly state: 'settling' | 'watching' | 'light_change'
  /** Of the watched pixels, 0 to 100. */
  readonly changedPct: number
  readonly isMotion: boolean
  /** Stream time of the first frame of this motion, `min_frames` before it was certain. Null: no motion. */
  readonly motionSinceMs: number | null
}

const LONGEST_GAP_MS = 1000
/** After the last jump of the light, the background is an average of this long. */
const LIGHT_SETTLES_MS = 1000

/** Tells motion in the small grey frames of one camera. Pure arithmetic: no clock, no I/O; nothing large is allocated per frame. */
export class MotionDetector {
  readonly #settings: MotionSettings
  #parts: Parts | null = null
  #previousMs = 0
  /** Until then the background is learnt whole. */
  #watchFromMs = 0
  #state: MotionReport['state'] = 'settling'
  #learntFrames = 0
  #lightBeganMs = -Infinity
  #largeSinceMs: number | null = null
  #previousRawPct = 0
  /** Frames without a break that changed enough, and when the first of them was. */
  #inRow = 0
  #firstMs = 0
  #motionSinceMs: number | null = null

  constructor(settings: MotionSettings) {
    this.#settings = settings
  }

  /** Forgets the background: the stream was interrupted, the camera may look elsewhere now. */
  reset(): void {
    this.#parts = null
  }

  analyze(frame: GreyFrame, moment: FrameMoment): MotionReport {
    if (this.#parts === null || !isSameSize(this.#parts.size, frame)) return this.#begin(frame, moment.streamMs)
    const { blur, background } = this.#parts
    const sincePreviousMs = Math.min(LONGEST_GAP_MS, Math.max(0, moment.streamMs - this.#previousMs))
    // Times are kept relative to the stream's, so a jump of it must not lengthen what is waited for.
    this.#followJump(moment.streamMs - this.#previousMs - sincePreviousMs)
    this.#previousMs = moment.streamMs

    const pixels = blur.blur(frame.pixels)
    const isLearning = this.#state !== 'watching'
    const changedPct = isLearning ? background.changedPct(pixels) : background.subtract(pixels, sincePreviousMs)
    const isEnough = changedPct >= neededPct(moment.isRecording, this.#settings)
    const isStructureKept = !isLearning && isEnough && background.isStructureKept(pixels)
    if (this.#isLightChange(background.rawPct, isStructureKept, moment.streamMs)) this.#learnAnew(background, pixels, moment.streamMs)
    else if (isLearning) this.#learnOn(background, pixels, moment.streamMs)
    else this.#judge(isEnough, moment.streamMs)
    return this.#report(changedPct)
  }

  #begin(frame: GreyFrame, streamMs: number): MotionReport {
    const { width, height } = frame
    const size = { width, height }
    const blur = new BoxBlur(size, this.#settings.blurKernel)
    const background = new Background(size, watchedArea(size, this.#settings.masks), this.#settings)
    background.begin(blur.blur(frame.pixels))
    this.#parts = { size, blur, background }
    this.#previousMs = streamMs
    this.#watchFromMs = streamMs + this.#settings.settleMs
    this.#state = this.#settings.settleMs > 0 ? 'settling' : 'watching'
    this.#learntFrames = 1
    this.#lightBeganMs = -Infinity
    this.#largeSinceMs = null
    this.#previousRawPct = 0
    this.#inRow = 0
    this.#motionSinceMs = null
    return this.#report(0)
  }

  #followJump(jumpMs: number): void {
    if (jumpMs === 0) return
    this.#watchFromMs += jumpMs
    this.#lightBeganMs += jumpMs
    this.#firstMs += jumpMs
    if (this.#largeSinceMs !== null) this.#largeSinceMs += jumpMs
    if (this.#motionSinceMs !== null) this.#motionSinceMs += jumpMs
  }

  #isLightChange(rawPct: number, isStructureKept: boolean, streamMs: number): boolean {
    const { lightChangePct } = this.#settings
    const previousRawPct = this.#previousRawPct
    this.#previousRawPct = rawPct
    this.#largeSinceMs = rawPct < lightChangePct ? null : (this.#largeSinceMs ?? streamMs)
    const largeForMs = this.#largeSinceMs === null ? 0 : streamMs - this.#largeSinceMs
    const sinceBeganMs = streamMs - this.#lightBeganMs
    return isLightChange({ rawPct, previousRawPct, largeForMs, isStructureKept, sinceBeganMs }, lightChangePct)
  }

  /** Motion that was there before goes on through a change of light, but none begins with it. */
  #learnAnew(background: Background, pixels: Uint8Array, streamMs: number): void {
    background.begin(pixels)
    this.#learntFrames = 1
    this.#largeSinceMs = null
    this.#watchFromMs = Math.max(this.#watchFromMs, streamMs + LIGHT_SETTLES_MS)
    if (this.#state === 'watching') {
      this.#state = 'light_change'
      if (!isSameLightChange(streamMs - this.#lightBeganMs)) this.#lightBeganMs = streamMs
      if (this.#motionSinceMs === null) this.#inRow = 0
    }
  }

  #learnOn(background: Background, pixels: Uint8Array, streamMs: number): void {
    this.#learntFrames += 1
    background.average(pixels, this.#learntFrames)
    if (streamMs >= this.#watchFromMs) this.#state = 'watching'
  }

  #judge(isEnough: boolean, streamMs: number): void {
    this.#inRow = isEnough ? this.#inRow + 1 : 0
    if (this.#inRow === 0) this.#motionSinceMs = null
    if (this.#inRow === 1) this.#firstMs = streamMs
    if (this.#inRow >= this.#settings.minFrames) this.#motionSinceMs ??= this.#firstMs
  }

  #report(changedPct: number): MotionReport {
    return { state: this.#state, changedPct, isMotion: this.#motionSinceMs !== null, motionSinceMs: this.#motionSinceMs }
  }
}

interface Parts {
  readonly size: FrameSize
  readonly blur: BoxBlur
  readonly background: Background
}

function isSameSize(a: FrameSize, b: FrameSize): boolean {
  return a.width === b.width && a.height === b.height
}
