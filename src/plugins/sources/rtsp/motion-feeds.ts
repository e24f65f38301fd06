import type { Clock } from '../../../contracts/clock.ts'
import type { Logger } from '../../../contracts/logger.ts'
import type { InputPlan } from './camera-arguments.ts'
import type { ClosedSegment } from './camera-session.ts'
import { DetectFeed } from './detect-feed.ts'
import type { MotionWatch } from './motion-watch.ts'
import type { Recorder } from './recorder.ts'
import type { Ring } from './ring.ts'
import { RingFeed } from './ring-feed.ts'
import type { SilenceLimits } from './silence-watch.ts'
import type { StreamClock } from './stream-clock.ts'
import { adviceFor, type StreamTrouble } from './stream-trouble.ts'

export interface MotionFeedsDeps {
  readonly watch: MotionWatch
  readonly recorder: Pick<Recorder, 'isRecording'>
  readonly ring: Ring
  readonly streamClock: StreamClock
  readonly clock: Clock
  readonly log: Logger
  readonly limits: SilenceLimits
  /** Failures in a row after which it is told that the detect stream is down. */
  readonly fallbackAttempts: number
}

/**
 * Where motion is looked for when a camera has a smaller stream: there, and in the ring while it does not deliver. The recording knows of
 * neither. Another feed is another background, so it is gone over to only while nothing is being recorded.
 */
export class MotionFeeds implements AsyncDisposable {
  readonly #deps: MotionFeedsDeps
  readonly #fps: number
  readonly #detect: DetectFeed
  #ringFeed: RingFeed | null = null
  #isDetectUp = false
  #isReported = false

  constructor(plan: InputPlan & { readonly fps: number }, deps: MotionFeedsDeps) {
    this.#deps = deps
    this.#fps = plan.fps
    this.#detect = new DetectFeed(plan, deps.limits, {
      clock: deps.clock,
      listener: {
        frame: (pixels, arrivedMs) => this.#frame(pixels, arrivedMs),
        up: () => (this.#isDetectUp = true),
        down: (trouble, failures) => this.#down(trouble, failures),
      },
    })
    // Until it delivers, nothing is to be missed.
    this.#watchRing()
  }

  segment({ name, startMs }: ClosedSegment): void {
    this.#ringFeed?.push(this.#deps.ring.pathOf(name), startMs)
  }

  /** To be called now and then: goes over to the detect stream when it can. */
  tick(): void {
    if (this.#ringFeed === null || !this.#isDetectUp || this.#deps.recorder.isRecording) return
    if (this.#isReported) this.#deps.log.info({ event_type: 'detect_stream_back' }, 'motion is watched on the detect stream again')
    this.#isReported = false
    this.#deps.watch.use('detect')
    void this.#ringFeed[Symbol.asyncDispose]()
    this.#ringFeed = null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#detect[Symbol.asyncDispose](), this.#ringFeed?.[Symbol.asyncDispose]()])
  }

  #frame(pixels: Uint8Array, arrivedMs: number): void {
    const streamMs = this.#deps.streamClock.toStreamMs(arrivedMs)
    if (streamMs !== null) this.#deps.watch.frame('detect', pixels, streamMs)
  }

  #down(trouble: StreamTrouble, failures: number): void {
    this.#isDetectUp = false
    this.#watchRing()
    if (this.#isReported || failures < this.#deps.fallbackAttempts) return
    this.#isReported = true
    const fields = { event_type: 'detect_stream_down', reason: adviceFor(trouble), failures }
    this.#deps.log.warn(fields, 'the detect stream does not come; motion is watched on the recorded stream meanwhile')
  }

  #watchRing(): void {
    if (this.#ringFeed !== null) return
    const { watch, clock, ring, streamClock } = this.#deps
    watch.use('ring')
    this.#ringFeed = new RingFeed(this.#fps, clock, (pixels, streamMs) => watch.frame('ring', pixels, streamMs))
    // What came since the last picture was looked at.
    const nowMs = streamClock.toStreamMs(clock.monotonicMs())
    const silentMs = watch.lastFrameMs === null ? 0 : clock.monotonicMs() - watch.lastFrameMs
    if (nowMs !== null) for (const segment of ring.from(nowMs - silentMs)) this.segment(segment)
  }
}
