import type { ClipEvent, ShownEvent } from '../contracts/clip-events.ts'
import type { ClipSummary, FirstAlert } from '../contracts/clip-state.ts'

type Shown = Omit<ClipSummary, 'first_alerts'> & { readonly first_alerts: Record<string, Omit<FirstAlert, 'receipt'>> }

/** For a list, whose answer is not checked against its schema again. */
export function withoutReceipts(clip: ClipSummary): Shown {
  const shown = Object.entries(clip.first_alerts).map(
    ([notifier, { delivery, withdrawal }]) => [notifier, { delivery, withdrawal }] as const,
  )
  return { ...clip, first_alerts: Object.fromEntries(shown) }
}

export function withoutReceipt(event: ClipEvent): ShownEvent {
  if (event.event_type !== 'notification_sent') return event
  const { receipt: _inside, ...shown } = event
  return shown
}
