import type { AlertStage } from '../../contracts/alert.ts'
import { addressOf, type ClipStateData, type FirstAlert } from '../../contracts/clip-state.ts'
import { alertOwedTo, failedKind, owesNotifier } from './pipeline-debt.ts'

type Told = Pick<ClipStateData, 'deleted_at' | 'alert_decision' | 'analysis_result'>

/** Whether the notifier got the first alert, or may have: a try that was cut short or timed out could have arrived all the same. Pure. */
function hadFirst(first: FirstAlert): boolean {
  if (first.delivery.started_at === null) return false // shut down before it was tried
  return first.delivery.status !== 'error' || failedKind(first.delivery) === 'timeout'
}

/** Whether the notifier has the first alert, or may have, and was not told that it is taken back. Pure. */
export function stands(first: FirstAlert | undefined): first is FirstAlert {
  return first !== undefined && hadFirst(first) && first.withdrawal?.status !== 'ok'
}

/** Whether what was said of this clip at first is not to stand: it was judged and is no alert, or is deleted. Pure. */
export function isTakenBack({ deleted_at, alert_decision, analysis_result }: Told): boolean {
  return deleted_at !== null || (alert_decision?.notify === false && analysis_result !== null)
}

/**
 * Why a clip does not alert though nobody judged it, as the owner reads it; null when it was judged, alerts anyway or is on its way.
 * A technical failure must not tell who got the first alert that there was nothing. Pure.
 */
export function unverifiedBecause(state: ClipStateData): string | null {
  const { deleted_at, alert_decision, analysis_result, stages } = state
  if (deleted_at !== null) return null
  if (alert_decision === null) {
    if (stages.filter.status === 'error') return 'unverified: detection failed'
    return isLost(state) ? 'unverified: the clip was lost' : null
  }
  if (alert_decision.notify || analysis_result !== null) return null
  return stages.vlm.status === 'error' ? 'unverified: analysis failed' : `unverified: not analysed (${stages.vlm.last_error ?? 'unknown'})`
}

function isLost(state: ClipStateData): boolean {
  return state.local_deleted_at !== null && addressOf(state) === null && state.storage_pruned_at === null
}

/** What a notifier that got the first alert, and gets no other verdict, still has to hear. Null: nothing, or nothing yet. Pure. */
export function closingOwed(state: ClipStateData, notifier: string): Exclude<AlertStage, 'first'> | null {
  const first = state.first_alerts[notifier]
  const verdict = state.notifications[notifier]
  if (!stands(first) || verdict?.status === 'ok') return null
  if (isTakenBack(state)) return first.withdrawal === null || owesNotifier(first.withdrawal) ? 'withdrawn' : null
  if (unverifiedBecause(state) === null) return null
  return verdict === undefined || owesNotifier(verdict) ? 'verdict' : null
}

/** Notifiers that still have to hear that the first alert does not stand, or that nobody could judge it. Pure. */
export function closingsOwed(state: ClipStateData): string[] {
  return Object.keys(state.first_alerts).filter((notifier) => closingOwed(state, notifier) !== null)
}

/** Who was told something of this clip that still has to be confirmed or taken back. Pure. */
export function secondStageOwedTo(state: ClipStateData): string[] {
  const verdicts = alertOwedTo(state).filter((notifier) => stands(state.first_alerts[notifier]))
  return [...new Set([...closingsOwed(state), ...verdicts])]
}
