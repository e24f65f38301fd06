/** What moves less than this share of the busiest second is a tree in the wind, not what was recorded. */
const SHARE_OF_PEAK = 0.1
/** Somebody who stands still for a moment is still on the way to where most happens. */
const LONGEST_PAUSE_S = 2

/**
 * The second of a clip from which on to look for objects, so that the first is found soonest: where the motion begins that leads up
 * to the busiest second. What is seen first lies there or a little later, since nobody is at once as large as at the peak. Pure.
 * @param scores percent of the picture that changed, one for each second
 * @returns null when that is the beginning of the clip, or when nothing is known of its motion
 */
export function whereToLook(scores: readonly number[] | null): number | null {
  if (scores === null) return null
  const peak = scores.reduce((highest, score) => Math.max(highest, score), 0)
  if (peak === 0) return null
  const moves = (second: number) => (scores[second] ?? 0) >= peak * SHARE_OF_PEAK
  let begin = scores.indexOf(peak)
  for (let second = begin - 1; second >= 0 && begin - second <= LONGEST_PAUSE_S + 1; second -= 1) if (moves(second)) begin = second
  return begin === 0 ? null : begin
}
