import type { FilterResult } from '../../contracts/detection.ts'

/** Detections this close are one moment. */
const SAME_MOMENT_S = 0.5

/**
 * The seconds of a clip that a model should see: around the detections first (best frame, then spread over all hits), then
 * spread over the whole clip for context. At most `maxFrames`, in time order, none closer than needed. Pure.
 */
export function chooseFrames(durationS: number, detection: FilterResult, maxFrames: number): number[] {
  const hits = apart([...new Set(detection.detections.map(({ second }) => second))].sort((a, b) => a - b))
  const best = detection.best_frame_s
  const forHits = Math.max(1, Math.ceil(maxFrames * 0.6))
  const chosen = new Set<number>(best === null ? [] : [best])
  const others = hits.filter((second) => best === null || Math.abs(second - best) >= SAME_MOMENT_S)
  for (const second of spread(others, forHits)) if (chosen.size < forHits) chosen.add(second)
  // With one hit only, what came just before and after tells the story.
  for (const around of best === null ? [] : [best - 1, best + 1]) {
    if (chosen.size < forHits && around > 0 && around < durationS) chosen.add(around)
  }
  for (const second of context(durationS, maxFrames, chosen)) chosen.add(second)
  return [...chosen].sort((a, b) => a - b).slice(0, maxFrames)
}

/** The middles of equal parts of the clip, those farthest from anything chosen first. */
function context(durationS: number, maxFrames: number, chosen: ReadonlySet<number>): number[] {
  const parts = Array.from({ length: maxFrames }, (_, index) => round(((index + 0.5) * durationS) / maxFrames))
  const taken = [...chosen]
  const added: number[] = []
  while (taken.length < maxFrames && parts.length > 0) {
    const distances = parts.map((part) => Math.min(Infinity, ...taken.map((second) => Math.abs(second - part))))
    const farthest = distances.indexOf(Math.max(...distances))
    const [next] = parts.splice(farthest, 1)
    if (next === undefined || (distances[farthest] ?? 0) < 0.05) break
    taken.push(next)
    added.push(next)
  }
  return added
}

function apart(seconds: readonly number[]): number[] {
  return seconds.reduce<number[]>((kept, second) => (second - (kept.at(-1) ?? -Infinity) >= SAME_MOMENT_S ? [...kept, second] : kept), [])
}

function spread(seconds: readonly number[], count: number): number[] {
  if (seconds.length <= count) return [...seconds]
  const step = (seconds.length - 1) / Math.max(1, count - 1)
  return Array.from({ length: count }, (_, index) => seconds[Math.round(index * step)]).flatMap((second) => second ?? [])
}

function round(second: number): number {
  return Math.round(second * 100) / 100
}
