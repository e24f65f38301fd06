import type { Clock } from '../../../contracts/clock.ts'
import type { ClosedSegment } from './camera-session.ts'
import type { StreamClock } from './stream-clock.ts'

/** One connection's stream: its own time, which begins near zero, and the names of its segments. */
export interface RecordedStream {
  /** Segment `n` is `<prefix><n>.ts`, `n` in six digits from 0 on. */
  readonly prefix: string
  readonly clock: StreamClock
}

/** What the recorder knows of the stream under way. */
export class LiveStream {
  readonly prefix: string
  readonly clock: StreamClock
  latestMs = -Infinity
  lastMotionMs = -Infinity
  lastClipEndMs = -Infinity
  /** Stream time at which the segment that is being written begins. */
  openSinceMs = 0
  #segments = 0
  #recordings = 0

  constructor({ prefix, clock }: RecordedStream) {
    this.prefix = prefix
    this.clock = clock
  }

  get openName(): string {
    return `${this.prefix}${String(this.#segments).padStart(6, '0')}.ts`
  }

  /** By number, not by time: two clips can begin at the same keyframe. */
  nextRecordingName(): string {
    this.#recordings += 1
    return `${this.prefix}${String(this.#recordings).padStart(4, '0')}`
  }

  closed({ name, endMs }: ClosedSegment): void {
    this.#segments = Number(name.slice(this.prefix.length, -'.ts'.length)) + 1
    this.openSinceMs = endMs
  }

  zeroWallMs(clock: Clock): number {
    const ageMs = clock.monotonicMs() - (this.clock.toMonotonicMs(0) ?? clock.monotonicMs())
    return clock.now().getTime() - ageMs
  }
}
