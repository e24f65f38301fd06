export interface LightSituation {
  readonly changedPct: number
  /** Of the frame before this one. */
  readonly previousPct: number
  /** For how long so much of the picture has been different. */
  readonly largeForMs: number
  /** Since the last change of light began; Infinity: there was none. */
  readonly sinceBeganMs: number
}

/** A camera that switches to infrared takes that long to find its exposure. */
const LONGEST_MS = 5000
/** Light that keeps changing must not blind the camera for ever. */
const NEXT_AFTER_MS = 15_000
/** What covers most of the picture and stays is not someone walking by: a lamp that came up slowly, or a camera that was turned. */
const LARGE_FOR_MS = 5000

/** Whether the picture as a whole has changed, so that a new background is needed, instead of something having come into it. Pure. */
export function isLightChange(now: LightSituation, lightChangePct: number): boolean {
  if (now.changedPct < lightChangePct || lightChangePct >= 100) return false
  if (now.sinceBeganMs >= LONGEST_MS && now.sinceBeganMs < NEXT_AFTER_MS) return false
  // Someone who comes up to the camera grows from frame to frame; light is there at once.
  const cameAtOnce = now.changedPct - now.previousPct >= lightChangePct / 2
  return cameAtOnce || now.largeForMs >= LARGE_FOR_MS
}
