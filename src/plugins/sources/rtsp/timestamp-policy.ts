/** What a camera's own times are worth, from one picture to the next. */
export interface TimestampWatch {
  /** Since when the pictures are far behind our clock; null while they are not. */
  readonly behindSinceMs: number | null
  /** The latest time of a picture, on our clock; when it came, and how many came since that are not later. */
  readonly furthest: { readonly shownMs: number; readonly cameMs: number; readonly behindIt: number } | null
}

export const TRUSTED: TimestampWatch = { behindSinceMs: null, furthest: null }

/** A picture cannot come before it was taken; so far ahead, the camera's clock was set. */
const AHEAD_MS = 2_000
/** So far behind, the network stalls, or the clock was set back. */
const BEHIND_MS = 5_000
/** A network that stalled catches up; a clock that was set does not. */
const BEHIND_FOR_MS = 6_000
/** Pictures that come, but none later than one before: the clock was set back. B-frames are a few pictures out of order. */
const STUCK = { pictures: 8, forMs: 1_500 }

/**
 * Whether the times of a stream still follow ours. Pure.
 * @param latenessMs how much later than expected the picture came; negative: before its time.
 */
export function timestampStep(
  before: TimestampWatch,
  latenessMs: number,
  nowMs: number,
): { readonly after: TimestampWatch; readonly verdict: 'fine' | 'jumped' } {
  if (latenessMs < -AHEAD_MS) return { after: TRUSTED, verdict: 'jumped' }
  const furthest = furthestOf(before.furthest, nowMs - latenessMs, nowMs)
  const behindSinceMs = latenessMs <= BEHIND_MS ? null : (before.behindSinceMs ?? nowMs)
  const isLongBehind = behindSinceMs !== null && nowMs - behindSinceMs >= BEHIND_FOR_MS
  const isStuck = furthest.behindIt >= STUCK.pictures && nowMs - furthest.cameMs >= STUCK.forMs
  return { after: { behindSinceMs, furthest }, verdict: isLongBehind || isStuck ? 'jumped' : 'fine' }
}

function furthestOf(before: TimestampWatch['furthest'], shownMs: number, cameMs: number): NonNullable<TimestampWatch['furthest']> {
  // ffmpeg lets times that go back stand still, or creep.
  if (before === null || shownMs > before.shownMs + 1) return { shownMs, cameMs, behindIt: 0 }
  return { ...before, behindIt: before.behindIt + 1 }
}

/** Jumps in this time that make us date pictures by their arrival instead. */
const JUMPS = 2
const WITHIN_MS = 10 * 60_000

/** Whether to go by the camera's times or by arrival: arrival is right to some tens of milliseconds only, but never mad. Pure. */
export function datingFor(jumpsAtMs: readonly number[], nowMs: number): 'camera' | 'arrival' {
  return jumpsAtMs.filter((at) => nowMs - at < WITHIN_MS).length >= JUMPS ? 'arrival' : 'camera'
}
