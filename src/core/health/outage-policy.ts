/** What is known of a part's trouble, from one look to the next. */
export interface Outage {
  /** Null while it works. */
  readonly downSinceMs: number | null
  /** Whether the owner was told of this outage. */
  readonly told: boolean
  readonly lastToldMs: number | null
}

/** What the owner has to be told, and how long the outage has lasted by then. */
export interface OutageNews {
  readonly state: 'down' | 'up'
  readonly forMs: number
}

export const NO_OUTAGE: Outage = { downSinceMs: null, told: false, lastToldMs: null }

/** A part that comes and goes all day is told of now and then. */
const TELL_AGAIN_AFTER_MS = 10 * 60_000

/**
 * Whether the owner has to be told that a part is down, or that it is back. Pure.
 * @param look `tellAfterMs`: how long a part may be down before it is news
 */
export function outageStep(
  before: Outage,
  { status, nowMs, tellAfterMs }: { readonly status: 'ok' | 'starting' | 'down'; readonly nowMs: number; readonly tellAfterMs: number },
): { readonly after: Outage; readonly tell: OutageNews | null } {
  const { downSinceMs, told, lastToldMs } = before
  if (status === 'starting') return { after: before, tell: null } // has yet to prove that it works
  const forMs = downSinceMs === null ? 0 : nowMs - downSinceMs
  if (status === 'ok') return { after: { ...NO_OUTAGE, lastToldMs }, tell: told ? { state: 'up', forMs } : null }
  if (downSinceMs === null) return { after: { ...before, downSinceMs: nowMs }, tell: null }
  const isDue = forMs >= tellAfterMs && (lastToldMs === null || nowMs - lastToldMs >= TELL_AGAIN_AFTER_MS)
  if (told || !isDue) return { after: before, tell: null }
  return { after: { downSinceMs, told: true, lastToldMs: nowMs }, tell: { state: 'down', forMs } }
}
