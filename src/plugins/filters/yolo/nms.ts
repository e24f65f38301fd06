import type { Candidate } from './candidate.ts'

/** Share of the area of two boxes together that both cover. */
export function overlap(a: Candidate['box'], b: Candidate['box']): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
}

/** Keeps the most confident of the boxes of one class that overlap by more than `threshold`. Most confident first. */
export function suppressOverlaps(candidates: readonly Candidate[], threshold: number): Candidate[] {
  const kept: Candidate[] = []
  for (const candidate of [...candidates].sort((a, b) => b.confidence - a.confidence)) {
    const repeated = kept.some((other) => other.classIndex === candidate.classIndex && overlap(other.box, candidate.box) > threshold)
    if (!repeated) kept.push(candidate)
  }
  return kept
}
