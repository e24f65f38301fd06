import type { ClosedSegment } from './camera-session.ts'
import { readParameterSets } from './parameter-sets.ts'
import type { Ring } from './ring.ts'

/** What all pictures of one clip have in common: an MP4 has one size and profile. */
export class PictureShape {
  #parameterSets: string | null

  constructor(parameterSets: string | null = null) {
    this.#parameterSets = parameterSets
  }

  /** Whether parameter sets are others than those seen before; the first are remembered. Null says nothing. */
  differsFrom(parameterSets: string | null): boolean {
    if (parameterSets === null) return false
    this.#parameterSets ??= parameterSets
    return this.#parameterSets !== parameterSets
  }
}

/** The parameter sets of a segment in the ring; null when they cannot be told. */
export async function parameterSetsOf(segment: ClosedSegment, ring: Pick<Ring, 'pathOf'>): Promise<string | null> {
  return await readParameterSets(ring.pathOf(segment.name)).catch(() => null)
}

/** The latest of these segments in a row whose pictures have the same shape, which `shape` then is. */
export async function latestOfOneShape<T extends ClosedSegment>(
  segments: readonly T[],
  shape: PictureShape,
  ring: Pick<Ring, 'pathOf'>,
): Promise<readonly T[]> {
  for (const [back, segment] of segments.toReversed().entries()) {
    if (shape.differsFrom(await parameterSetsOf(segment, ring))) return segments.slice(segments.length - back)
  }
  return segments
}
