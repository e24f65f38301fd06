import type { FrameSize } from './grey-frame.ts'
import type { Corner } from './motion-settings.ts'

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
