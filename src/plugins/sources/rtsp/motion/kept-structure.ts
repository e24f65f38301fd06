import type { FrameSize } from './grey-frame.ts'

/** Two pictures of the same place: what is seen, and what the background would look like in this light. */
export interface Pair {
  readonly size: FrameSize
  readonly pixels: Uint8Array
  readonly expected: (at: number) => number
  readonly isChanged: (at: number) => boolean
}

/** Every second pixel of every second row is enough to tell. */
const STRIDE = 2
/** Of the squared steepness, in grey levels over two pixels: less is noise. */
const LEAST_STEEPNESS = 12 ** 2
/** Flat surfaces say nothing; so many of the changed pixels must lie on edges or texture. */
const LEAST_SHARE = 0.08
const LEAST_SAMPLES = 16
const ALIKE = 0.7

/**
 * Whether the edges and the texture within the changed area are still those of the background: then other light falls on it, from a
 * lamp or the sun, and nothing stands before it. False if the area is too flat to tell.
 */
export function isStructureKept(pair: Pair): boolean {
  const { pixels, expected, isChanged } = pair
  const { width, height } = pair.size
  let changed = 0
  let informative = 0
  let seen = 0
  let known = 0
  let both = 0
  for (let y = STRIDE; y < height - 1; y += STRIDE) {
    for (let at = y * width + STRIDE, end = (y + 1) * width - 1; at < end; at += STRIDE) {
      if (!isChanged(at)) continue
      changed += 1
      const seenX = (pixels[at + 1] ?? 0) - (pixels[at - 1] ?? 0)
      const seenY = (pixels[at + width] ?? 0) - (pixels[at - width] ?? 0)
      const knownX = expected(at + 1) - expected(at - 1)
      const knownY = expected(at + width) - expected(at - width)
      const seenSteepness = seenX * seenX + seenY * seenY
      const knownSteepness = knownX * knownX + knownY * knownY
      if (seenSteepness + knownSteepness < LEAST_STEEPNESS) continue
      informative += 1
      seen += seenSteepness
      known += knownSteepness
      both += seenX * knownX + seenY * knownY
    }
  }
  return informative >= Math.max(LEAST_SAMPLES, changed * LEAST_SHARE) && both >= ALIKE * Math.sqrt(seen * known)
}
