/** When one picture of a recording is shown, in milliseconds; the list is in the order of the stream. */
export interface CutPacket {
  readonly ptsMs: number
  readonly durationMs: number
}

/** Times that were rounded on their way, in a file name or a list, still mean the same picture. */
const ROUNDING_MS = 1

export interface ClipCut {
  /** Pictures to keep, from the first on. */
  readonly pictures: number
  /** Times of the first kept picture and of the end of the last one. */
  readonly firstMs: number
  readonly endMs: number
}

/**
 * Where to end a clip: at the first place at or after `wantedEndMs` where nothing that is shown earlier comes later in the stream, so
 * that no picture inside the clip is missing. Without such a place all pictures are kept. Null when there are none. Pure.
 */
export function cutClip(packets: readonly CutPacket[], wantedEndMs: number): ClipCut | null {
  if (packets.length === 0) return null
  const leastFromHere = leastPtsFrom(packets)
  let latestMs = -Infinity
  let pictures = packets.length
  for (const [index, packet] of packets.entries()) {
    const isClean = latestMs < (leastFromHere[index] ?? Infinity)
    if (index > 0 && isClean && (leastFromHere[index] ?? Infinity) >= wantedEndMs - ROUNDING_MS) {
      pictures = index
      break
    }
    latestMs = Math.max(latestMs, packet.ptsMs)
  }
  let [firstMs, endMs] = [Infinity, -Infinity]
  for (const { ptsMs, durationMs } of packets.slice(0, pictures)) {
    firstMs = Math.min(firstMs, ptsMs)
    endMs = Math.max(endMs, ptsMs + durationMs)
  }
  return { pictures, firstMs, endMs: endMs > firstMs ? endMs : firstMs + 1 }
}

/** For each packet, the earliest time shown from it on. */
function leastPtsFrom(packets: readonly CutPacket[]): number[] {
  const least = new Array<number>(packets.length)
  let lowest = Infinity
  for (let index = packets.length - 1; index >= 0; index -= 1) {
    lowest = Math.min(lowest, packets[index]?.ptsMs ?? Infinity)
    least[index] = lowest
  }
  return least
}
