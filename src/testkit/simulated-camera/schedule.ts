import type { Media, MediaUnit } from './media.ts'

/** A file that is being shown since `startMs` (wall clock), over and over if it loops. */
export interface Showing {
  readonly media: Media
  readonly startMs: number
  readonly loop: boolean
}

export interface ScheduledUnit {
  readonly unit: MediaUnit
  /** Wall clock. */
  readonly sendAtMs: number
  /** The moment of the scene that it shows, wall clock: goes on evenly over the end of the file. */
  readonly sceneAtMs: number
}

/** The unit at a position, which counts on through all rounds; null after the end of a file that does not loop. */
export function unitAt({ media, startMs, loop }: Showing, position: number): ScheduledUnit | null {
  const round = Math.floor(position / media.units.length)
  const unit = media.units[position % media.units.length]
  if (unit === undefined || (round > 0 && !loop)) return null
  const roundMs = startMs + round * media.durationMs
  return { unit, sendAtMs: roundMs + unit.sendMs, sceneAtMs: roundMs + unit.shownMs }
}

/** The first position that is sent at `nowMs` or later. */
export function positionAt({ media, startMs }: Showing, nowMs: number): number {
  const elapsedMs = Math.max(0, nowMs - startMs)
  const round = Math.floor(elapsedMs / media.durationMs)
  const withinMs = elapsedMs - round * media.durationMs
  let low = 0
  let high = media.units.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((media.units[middle]?.sendMs ?? Infinity) < withinMs) low = middle + 1
    else high = middle
  }
  return round * media.units.length + low
}

/** The first keyframe from a position on; null when none comes any more. */
export function nextKeyframe(showing: Showing, from: number): ScheduledUnit | null {
  for (let position = from; position <= from + showing.media.units.length; position += 1) {
    const scheduled = unitAt(showing, position)
    if (scheduled === null || scheduled.unit.key) return scheduled
  }
  return null
}
