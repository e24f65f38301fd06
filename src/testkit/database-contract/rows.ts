import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { PluginError } from '../../contracts/errors.ts'
import type { Result } from '../../contracts/result.ts'
import { aClipState } from '../clip-states.ts'

export const signal: AbortSignal = new AbortController().signal

/** Time limits on a busy machine, where they are not what is tested. */
export const PATIENT = { connectMs: 60_000, statementMs: 60_000, answerMs: 70_000 }

export function valueOf<T>(result: Result<T, PluginError>): T {
  if (!result.ok) throw new Error(result.error.message, { cause: result.error.cause })
  return result.value
}

let camera = 0
/** Rows of one test have a camera of their own, so that tests do not see each other's. */
export const aCamera = () => `cam_${(camera += 1)}`
export const idOf = (name: string, n: number) => `${name}_${1767225600 + n}.mp4`

/** The n-th clip of a camera, n seconds into the year. */
export function clipOf(camera_name: string, n: number, changes: Partial<ClipStateData> = {}): ClipStateData {
  const start_ts = new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()
  return aClipState({ clip_id: idOf(camera_name, n), camera_name, start_ts, ...changes })
}
