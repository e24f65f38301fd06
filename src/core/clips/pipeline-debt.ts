import { addressOf, type ClipStateData, type StageLog } from '../../contracts/clip-state.ts'
import { ERROR_KINDS, isRetryable, type ErrorKind } from '../../contracts/errors.ts'

/** The kind of a failure for good, as the journal keeps it; null when the stage did not fail. Pure. */
export function failedKind({ status, last_error }: StageLog): ErrorKind | null {
  if (status !== 'error' || last_error === null) return null
  return ERROR_KINDS.find((kind) => last_error.startsWith(`${kind}: `)) ?? null
}

/** Whether it failed for a reason that can pass, so that a later try may help. Pure. */
export function mayPass(log: StageLog): boolean {
  const kind = failedKind(log)
  return kind !== null && isRetryable(kind)
}

/** Whether the pipeline is done with a clip: it is finished, or has no detections and never will, as they failed for good. Pure. */
export function isThrough({ status, stages: { filter } }: Pick<ClipStateData, 'status' | 'stages'>): boolean {
  return status === 'done' || (status === 'error' && filter.status === 'error' && !mayPass(filter))
}

/** Whether this notifier was tried in vain and is worth another try; also when a kill or a shutdown cut one short. Pure. */
export function owesNotifier(log: StageLog | undefined): boolean {
  return log !== undefined && (log.status === 'pending' || log.status === 'running' || mayPass(log))
}

/** Whom a clip that went through the pipeline still has to be told. Pure. */
export function alertOwedTo({ deleted_at, finished_at, alert_decision, notifications }: ClipStateData): string[] {
  if (deleted_at !== null || finished_at === null || alert_decision?.notify !== true) return []
  return Object.keys(notifications).filter((notifier) => owesNotifier(notifications[notifier]))
}

/** Whether a clip ended without detections for a reason that can pass. Pure. */
export function owesFilter(state: ClipStateData): boolean {
  const isSomewhere = state.local_deleted_at === null || addressOf(state) !== null
  return state.deleted_at === null && isSomewhere && mayPass(state.stages.filter)
}
