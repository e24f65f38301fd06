/** What is known of a part's trouble, from one look to the next. */
export interface Outage {
  /** Null while it works. */
  readonly downSinceMs: number | null
  /** Whether the owner was told of this outage. */
  readonly told: boolean
  readonly lastToldMs: number | null
}

export const NO_OUTAGE: Outage = { downSinceMs: null, told: false, lastToldMs: null }

/** A camera that reconnects is no news. */
const TELL_AFTER_MS = 60_000
/** A part that comes and goes all day is told of now and then. */
const TELL_AGAIN_AFTER_MS = 10 * 60_000

/** Whether the owner has to be told that a part is down, or that it is back. Pure. */
export function outageStep(
  before: Outage,
  status: 'ok' | 'starting' | 'down',
  nowMs: number,
): { readonly after: Outage; readonly tell: 'down' | 'up' | null } {
  const { downSinceMs, told, lastToldMs } = before
  if (status === 'starting') return { after: before, tell: null } // has yet to prove that it works
  if (status === 'ok') return { after: { ...NO_OUTAGE, lastToldMs }, tell: told ? 'up' : null }
  if (downSinceMs === null) return { after: { ...before, downSinceMs: nowMs }, tell: null }
  const isDue = nowMs - downSinceMs >= TELL_AFTER_MS && (lastToldMs === null || nowMs - lastToldMs >= TELL_AGAIN_AFTER_MS)
  if (told || !isDue) return { after: before, tell: null }
  return { after: { downSinceMs, told: true, lastToldMs: nowMs }, tell: 'down' }
}
