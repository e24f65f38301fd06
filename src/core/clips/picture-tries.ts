import type { ClipFact } from '../../contracts/clip-events.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { ErrorKind, PluginError } from '../../contracts/errors.ts'

/**
 * How often a picture is tried, by how it failed last. What ffmpeg says of a file does not change; one that makes it hang or break is
 * not fetched for ever; and what is wrong with this machine gets most of a day to pass.
 */
const MOST_TRIES: Readonly<Record<ErrorKind, number>> = {
  invalid: 1,
  rejected: 1,
  bug: 3,
  timeout: 5,
  unavailable: 50,
  cancelled: Infinity,
}

/** The fact that one more try brought no picture. Tries are counted anew when it fails for another reason: each has time of its own. Pure. */
export function pictureFailure({ thumbnail_failure }: ClipStateData, { kind, message }: Pick<PluginError, 'kind' | 'message'>) {
  const isSame = thumbnail_failure?.last_error.startsWith(`${kind}: `) === true
  const attempt = (isSame ? thumbnail_failure.attempts : 0) + 1
  const error = { kind, message, plugin: 'ffmpeg' }
  return { event_type: 'thumbnail_failed', attempt, error, will_retry: attempt < MOST_TRIES[kind] } as const satisfies ClipFact
}

/** Whether nobody tries to make this clip's picture any more. Pure. */
export function isPictureGivenUp({ thumbnail_failure }: Pick<ClipStateData, 'thumbnail_failure'>): boolean {
  return thumbnail_failure?.given_up === true
}
