import type { ClipStateData, FirstAlert } from '../contracts/clip-state.ts'
import { failedKind, owesAlert, owesNotifier } from './pipeline-debt.ts'

type Told = Pick<ClipStateData, 'first_alerts' | 'notifications' | 'deleted_at' | 'alert_decision' | 'stages'>

/** Whether the notifier has the first alert, or may have: a try that was cut short or timed out could have arrived all the same. Pure. */
export function hasFirst(first: FirstAlert | undefined): boolean {
  if (first === undefined) return false
  return first.delivery.status !== 'error' || failedKind(first.delivery) === 'timeout'
}

/** Whether what was said of this clip at first is not to stand: it is no alert, was never judged, or is deleted. Pure. */
export function isTakenBack({ deleted_at, alert_decision, stages }: Told): boolean {
  if (deleted_at !== null) return true
  return alert_decision === null ? stages.filter.status === 'error' : !alert_decision.notify
}

/** Notifiers that still have to hear that the first alert does not stand. Pure. */
export function withdrawalsOwed(state: Told): string[] {
  if (!isTakenBack(state)) return []
  const owed = Object.entries(state.first_alerts).filter(
    ([notifier, first]) =>
      hasFirst(first) && state.notifications[notifier]?.status !== 'ok' && (first.withdrawal === null || owesNotifier(first.withdrawal)),
  )
  return owed.map(([notifier]) => notifier)
}

/** Whether somebody was told something of this clip that still has to be confirmed or taken back. Pure. */
export function owesSecondStage(state: ClipStateData): boolean {
  if (withdrawalsOwed(state).length > 0) return true
  return owesAlert(state) && Object.entries(state.first_alerts).some(([notifier, first]) => owesVerdict(state, notifier, first))
}

function owesVerdict({ notifications }: ClipStateData, notifier: string, first: FirstAlert): boolean {
  return hasFirst(first) && owesNotifier(notifications[notifier])
}
