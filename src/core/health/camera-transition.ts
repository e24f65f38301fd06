import type { CameraEvent } from '../../contracts/camera-events.ts'

/** What is known of a camera from one look to the next. */
export interface CameraCondition {
  readonly state: CameraEvent['state']
  /** Since when it has been down, its attempts to come back included; null while it works. */
  readonly downSinceMs: number | null
}

/** Every camera begins so, which makes its first answer a change. */
export const NOT_YET_SEEN: CameraCondition = { state: 'starting', downSinceMs: null }

export interface CameraStep {
  readonly after: CameraCondition
  readonly changed: boolean
  readonly outage: { readonly state: 'began' } | { readonly state: 'ended'; readonly forMs: number } | null
}

/** What a look at a camera changes. Pure. */
export function cameraStep(before: CameraCondition, state: CameraEvent['state'], nowMs: number): CameraStep {
  const { downSinceMs } = before
  const changed = state !== before.state
  if (state === 'down' && downSinceMs === null) return { after: { state, downSinceMs: nowMs }, changed, outage: { state: 'began' } }
  if (state === 'ok' && downSinceMs !== null)
    return { after: { state, downSinceMs: null }, changed, outage: { state: 'ended', forMs: nowMs - downSinceMs } }
  return { after: { state, downSinceMs }, changed, outage: null }
}
