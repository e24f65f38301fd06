import type { ClipEvent } from '../../contracts/clip-events.ts'
import { firstCopy, type ClipStateData } from '../../contracts/clip-state.ts'

/** What a clip knows that the storage has nothing of. */
export const NOTHING_STORED = { storage_uri: null, view_url: null, copies: {}, thumbnail_uri: null, analysis_uri: null } as const

export function withCopy(state: ClipStateData, event: Extract<ClipEvent, { event_type: 'upload_copied' }>): ClipStateData {
  const { place, storage_uri, view_url, ts } = event
  return { ...state, copies: { ...state.copies, [place]: { storage_uri, view_url, stored_at: ts } } }
}

/** The upload stays done, so that nothing brings back what was meant to go. */
export function withoutCopy(state: ClipStateData, { place, ts }: Extract<ClipEvent, { event_type: 'storage_pruned' }>): ClipStateData {
  const copies = Object.fromEntries(Object.entries(state.copies).filter(([name]) => name !== place))
  if (place === null || Object.keys(copies).length === 0) return { ...state, ...NOTHING_STORED, storage_pruned_at: ts }
  const isLinkGone = state.copies[place]?.view_url === state.view_url
  return { ...state, copies, view_url: isLinkGone ? (firstCopy(copies)?.view_url ?? null) : state.view_url }
}
