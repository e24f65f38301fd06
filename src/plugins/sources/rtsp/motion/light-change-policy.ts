export interface LightSituation {
  /** Before anything is explained by brightness and contrast of the whole picture. */
  readonly rawPct: number
  /** Of the frame before this one. */
  readonly previousRawPct: number
  /** For how long so much of the picture has been different. */
  readonly largeForMs: number
  /** What changed still has the edges and the texture of the background. */
  readonly isStructureKept: boolean
  /** Since the last change of light began; Infinity: there was none. */
  readonly sinceBeganMs: number
}

/** A cloud takes that long to pass; a camera that switches to infrared finds its exposure sooner. */
const LONGEST_MS = 10_000
/** Light that keeps changing must not blind the camera for ever. */
const NEXT_AFTER_MS = 20_000
/** What covers most of the picture and stays is not someone walking by: the camera was turned, or snow covers the ground. */
const LARGE_FOR_MS = 20_000

/** May a change of light be assumed now, if it looks like one? */
export function mayBeLight(sinceBeganMs: number): boolean {
  return sinceBeganMs < LONGEST_MS || sinceBeganMs >= NEXT_AFTER_MS
}

/** Is this frame part of the change of light that began then? */
export function isSameLightChange(sinceBeganMs: number): boolean {
  return sinceBeganMs < NEXT_AFTER_MS
}

/** Whether other light falls on the picture, so that a new background is needed, instead of something having come into it. Pure. */
export function isLightChange(now: LightSituation, lightChangePct: number): boolean {
  if (!mayBeLight(now.sinceBeganMs)) return false
  if (now.isStructureKept) return true
  if (now.rawPct < lightChangePct || lightChangePct >= 100) return false
  // Someone who comes up to the camera grows from frame to frame; light is there at once.
  const cameAtOnce = now.rawPct - now.previousRawPct >= lightChangePct / 2
  return cameAtOnce || now.largeForMs >= LARGE_FOR_MS
}
