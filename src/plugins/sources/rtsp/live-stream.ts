import type { Clock } from '../../../contracts/clock.ts'
import type { ClosedSegment } from './camera-session.ts'
import type { StreamClock } from './stream-clock.ts'

/** One connection's stream: its own time, which begins near zero, and the names of its segments. */
export interface RecordedStream {
  /** Segment `n` is `<prefix><n>.ts`, `n` in six digits from 0 on. */
  readonly prefix: string
  readonly clock: StreamClock
  /** A segment that was said to be complete is not there: whoever writes them writes them elsewhere. */
  readonly ringIsGone: () => void
}

/** A picture is looked at so late as a rule: one is taken of several, and decoding holds some back. No clip waits for that. */
const LOOKS_LATE_MS = 500
/** Nobody looks any more, when the last picture that was looked at is older than this. */
const LOOKS_AT_LEAST_EVERY_MS = 20_000

/** What the recorder knows of the stream under way. */
export class LiveStream {
  readonly prefix: string
  readonly clock: StreamClock
  readonly ringIsGone: () => void
  latestMs = -Infinity
  lastMotionMs = -Infinity
  lastClipEndMs = -Infinity
  /** The latest picture that was looked at for motion. */
  lookedMs = -Infinity
  /** Stream time at which the segment that is being written begins. */
  openSinceMs = 0
  #segments = 0
  #recordings = 0

  constructor({ prefix, clock, ringIsGone }: RecordedStream) {
    this.prefix = prefix
    this.clock = clock
    this.ringIsGone = ringIsGone
  }

  get openName(): string {
    return `${this.prefix}${String(this.#segments).padStart(6, '0')}.ts`
  }

  get openSegment(): Pick<ClosedSegment, 'name' | 'startMs'> {
    return { name: this.openName, startMs: this.openSinceMs }
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

  /** Since the last motion, as far as pictures were looked at: where they are looked at late, silence is not known yet. */
  quietMs(clock: Clock): number {
    const nowMs = this.clock.toStreamMs(clock.monotonicMs()) ?? this.latestMs
    const isLooking = nowMs - this.lookedMs < LOOKS_AT_LEAST_EVERY_MS
    return (isLooking ? Math.min(nowMs, this.lookedMs + LOOKS_LATE_MS) : nowMs) - this.lastMotionMs
  }

  zeroWallMs(clock: Clock): number {
    const ageMs = clock.monotonicMs() - (this.clock.toMonotonicMs(0) ?? clock.monotonicMs())
    return clock.now().getTime() - ageMs
  }
}
