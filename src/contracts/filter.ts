import type { FilterResult } from './detection.ts'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** Per-call changes to a filter's own config. Absent: as configured. */
export interface FilterOverrides {
  /** Look at every sampled frame instead of stopping at the first that satisfies `min_hits`. */
  readonly full_scan?: boolean
  readonly sample_fps?: number
  /**
   * Second of the clip from which on to look first, because what is wanted is likely there. The part before it is looked at afterwards,
   * if `min_hits` is not satisfied by then: nothing is ever left out, and a filter may ignore this. Every second in the result counts
   * from the start of the clip all the same. A full scan ignores it. Null or absent: from the start to the end.
   */
  readonly look_first_s?: number | null
  /**
   * Hears, at most once per call and before it answers, that `min_hits` is satisfied, with what was found until then: a full scan goes on
   * after that, but whoever waits for the first hit need not. Does not throw. A filter may leave this out.
   */
  readonly onHit?: (soFar: FilterResult) => void
}

/** Looks for objects in a video file. Runs off the event loop. */
export interface ObjectFilter extends AsyncDisposable {
  /**
   * @param videoPath absolute path of a local, complete video file.
   * @param signal aborts at the stage deadline or at shutdown; the work is killed, not awaited.
   * @returns `invalid` for a file that is no readable video (never an empty result), `unavailable` when the model cannot be had
   *   now or the worker died, `rejected` for a model that does not load.
   */
  detect(videoPath: string, overrides: FilterOverrides, signal: AbortSignal): Promise<Result<FilterResult, PluginError>>
  /**
   * Whether it works. The first call, and one after a failure, loads the model and proves that it runs; it comes in the background at
   * start, so that the first clip is fast. Later calls come every half minute and answer from what the jobs showed: they neither wait
   * for a busy detector nor keep an idle one in memory.
   * @param signal ends the waiting; a model that is being loaded goes on loading for the next call.
   * @returns the error kinds of `detect`.
   */
  ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>>
}
