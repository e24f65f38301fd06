import type { RemoteRetention } from '../../contracts/storage.ts'
import { Heap } from '../../lib/heap.ts'

/** A clip that lies in the place in question. */
export interface KeptClip {
  readonly clip_id: string
  readonly endMs: number
  readonly bytes: number
  /** Finished, and nothing of it is on its way there. Others stay until they are. */
  readonly mayGo: boolean
}

export interface Departure<C extends KeptClip> {
  readonly clip: C
  readonly reason: 'max_age_days' | 'max_bytes'
}

const DAY_MS = 86_400_000

/**
 * Which clips have to leave a place, oldest first; age counts from the end of the recording. Those among them that may not go yet are
 * named too, and nothing newer goes in their stead: else a backlog of clips that nobody has analysed yet would cost the place all that is
 * newer, and most of all what was just analysed. Pure. Looks at each clip, but sorts only those that go.
 */
export function departures<C extends KeptClip>(clips: readonly C[], limits: RemoteRetention, nowMs: number): Departure<C>[] {
  const bornBeforeMs = limits.max_age_days === null ? -Infinity : nowMs - limits.max_age_days * DAY_MS
  const isTooOld = ({ endMs }: C) => endMs < bornBeforeMs
  const aged = clips.filter(isTooOld)
  const young = clips.filter((clip) => !isTooOld(clip))
  const excess = limits.max_bytes === null ? 0 : bytesOf(young) - limits.max_bytes
  return [
    ...aged.sort(olderFirst).map((clip): Departure<C> => ({ clip, reason: 'max_age_days' })),
    ...oldestWorth(excess, young).map((clip): Departure<C> => ({ clip, reason: 'max_bytes' })),
  ]
}

/** The oldest clips that make up at least so many bytes, and no more of them than that takes. */
function oldestWorth<C extends KeptClip>(bytes: number, clips: readonly C[]): C[] {
  if (bytes <= 0) return []
  const newestFirst = new Heap<C>((a, b) => olderFirst(a, b) > 0)
  let sum = 0
  for (const clip of clips) {
    newestFirst.push(clip)
    sum += clip.bytes
    for (let newest = newestFirst.peek(); newest !== undefined && sum - newest.bytes >= bytes; newest = newestFirst.peek()) {
      sum -= newest.bytes
      newestFirst.pop()
    }
  }
  const chosen: C[] = []
  for (let next = newestFirst.pop(); next !== undefined; next = newestFirst.pop()) chosen.push(next)
  return chosen.reverse()
}

function olderFirst(a: KeptClip, b: KeptClip): number {
  return a.endMs - b.endMs || (a.clip_id < b.clip_id ? -1 : 1)
}

function bytesOf(clips: readonly KeptClip[]): number {
  return clips.reduce((sum, { bytes }) => sum + bytes, 0)
}
