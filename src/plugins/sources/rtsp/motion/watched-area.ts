import type { FrameSize } from './grey-frame.ts'
import type { Corner } from './motion-settings.ts'

/** No more samples than this are needed to know the light. */
const MOST_SAMPLES = 1024

/** 1 for every pixel that counts, 0 for those whose centre lies in a masked polygon. */
export function watchedArea(size: FrameSize, masks: readonly (readonly Corner[])[]): Uint8Array {
  const { width, height } = size
  const watched = new Uint8Array(width * height).fill(1)
  for (const mask of masks) {
    for (let y = 0; y < height; y += 1) {
      const crossings = crossingsOf(mask, (y + 0.5) / height)
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        const from = Math.ceil((crossings[pair] ?? 0) * width - 0.5)
        const end = Math.ceil((crossings[pair + 1] ?? 0) * width - 0.5)
        watched.fill(0, y * width + Math.max(0, from), y * width + Math.min(width, end))
      }
    }
  }
  return watched
}

/** Where a horizontal line meets the polygon's sides, from left to right. Between the first and the second is inside, and so on. */
function crossingsOf(corners: readonly Corner[], y: number): readonly number[] {
  const crossings: number[] = []
  let [x1, y1] = corners.at(-1) ?? [0, 0]
  for (const [x2, y2] of corners) {
    if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1))
    ;[x1, y1] = [x2, y2]
  }
  return crossings.sort((a, b) => a - b)
}

/** Evenly spread watched pixels. */
export function sampleOf(size: FrameSize, watched: Uint8Array): Uint32Array {
  const stride = Math.max(1, Math.ceil(Math.sqrt((size.width * size.height) / MOST_SAMPLES)))
  const sampled: number[] = []
  for (let y = stride >> 1; y < size.height; y += stride) {
    for (let x = stride >> 1; x < size.width; x += stride) {
      if (watched[y * size.width + x] === 1) sampled.push(y * size.width + x)
    }
  }
  return Uint32Array.from(sampled)
}

/** Where each run of watched pixels begins and ends, one after the other. */
export function runsOf(watched: Uint8Array): Uint32Array {
  const runs: number[] = []
  for (let at = watched.indexOf(1); at !== -1; at = watched.indexOf(1, at)) {
    const end = watched.indexOf(0, at)
    runs.push(at, end === -1 ? watched.length : end)
    if (end === -1) break
    at = end
  }
  return Uint32Array.from(runs)
}
