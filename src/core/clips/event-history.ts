import type { ClipEvent } from '../../contracts/clip-events.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'

const MOST_EVENTS = 200
const KEPT_FROM_THE_START = 50

/** Keeps a journal small when an upload is retried for weeks: the beginning and the newest stay, the middle goes. */
export function thinned(events: readonly ClipEvent[]): readonly ClipEvent[] {
  if (events.length <= MOST_EVENTS) return events
  return [...events.slice(0, KEPT_FROM_THE_START), ...events.slice(KEPT_FROM_THE_START + 1)]
}

/** Of a deleted clip only the deletion is kept: the owner wants nothing of it left. */
export function kept(events: readonly ClipEvent[], { deleted_at }: Pick<ClipStateData, 'deleted_at'>): readonly ClipEvent[] {
  return deleted_at === null ? events : events.filter(({ event_type }) => event_type === 'clip_deleted')
}
