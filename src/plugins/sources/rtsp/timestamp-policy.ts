/** What a camera's own times are worth, from one picture to the next. */
export interface TimestampWatch {
  /** Since when the pictures are far behind our clock; null while they are not. */
  readonly behindSinceMs: number | null
}

export const TRUSTED: TimestampWatch = { behindSinceMs: null }

/** A picture cannot come before it was taken; so far ahead, the camera's clock was set. */
const AHEAD_MS = 2_000
/** So far behind, the network stalls, or the clock was set back. */
const BEHIND_MS = 5_000
/** A network that stalled catches up; a clock that was set does not. */
const BEHIND_FOR_MS = 6_000

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
  if (latenessMs <= BEHIND_MS) return { after: TRUSTED, verdict: 'fine' }
  const behindSinceMs = before.behindSinceMs ?? nowMs
  return { after: { behindSinceMs }, verdict: nowMs - behindSinceMs >= BEHIND_FOR_MS ? 'jumped' : 'fine' }
}

/** Jumps in this time that make us date pictures by their arrival instead. */
const JUMPS = 2
const WITHIN_MS = 10 * 60_000

/** Whether to go by the camera's times or by arrival: arrival is right to some tens of milliseconds only, but never mad. Pure. */
export function datingFor(jumpsAtMs: readonly number[], nowMs: number): 'camera' | 'arrival' {
  return jumpsAtMs.filter((at) => nowMs - at < WITHIN_MS).length >= JUMPS ? 'arrival' : 'camera'
}
