import type { ClipEvent } from '../../contracts/clip-events.ts'
import type { ClipStateData, FirstAlert, StageLog } from '../../contracts/clip-state.ts'
import { unreachable } from '../../contracts/result.ts'
import { heldBecause, TOLD_IN_DIGEST } from './held-back.ts'
import { isCounted, owesDigest } from './recovery-digest.ts'
import { failed, PENDING, skippedFor, started, succeeded } from './stage-log.ts'

export type NotificationEvent = Extract<ClipEvent, { event_type: `notification_${string}` }>

/** The state after one more event about telling the household. Pure. */
export function reduceNotification(state: ClipStateData, event: NotificationEvent): ClipStateData {
  if ('alert_stage' in event && event.alert_stage === 'first') return withFirst(state, event.notifier, (first) => delivered(first, event))
  if ('alert_stage' in event && event.alert_stage === 'withdrawn')
    return withFirst(state, event.notifier, (first) => takenBack(first, event))
  switch (event.event_type) {
    case 'notification_started':
    case 'notification_failed':
      return withNotifier(state, event.notifier, (log) => tried(log, event))
    case 'notification_sent':
      return { ...withNotifier(state, event.notifier, (log) => tried(log, event)), alert_sent_at: state.alert_sent_at ?? event.ts }
    case 'notification_skipped':
      return event.notifier === undefined
        ? withNotify(state, skippedFor(state.stages.notify, event, event.reason))
        : withNotifier(state, event.notifier, (log) => skippedFor(log, event, event.reason))
    case 'notification_held':
      return withNotifier(state, event.notifier, (log) => skippedFor(log, event, heldBecause(event.reason)))
    case 'notification_digested': {
      const told = withNotifier(state, event.notifier, (log) => skippedFor(log, event, TOLD_IN_DIGEST))
      // What the digest after a restart counts, or has counted, is about all notifiers and stays so.
      return owesDigest(state) || isCounted(state) ? withNotify(told, state.stages.notify) : told
    }
    default:
      return unreachable(event)
  }
}

type Try = Extract<NotificationEvent, { event_type: 'notification_started' | 'notification_sent' | 'notification_failed' }>

function tried(log: StageLog, event: Try): StageLog {
  if (event.event_type === 'notification_started') return started(log, event)
  return event.event_type === 'notification_sent' ? succeeded(log, event) : failed(log, event)
}

function delivered(first: FirstAlert, event: Try): FirstAlert {
  const receipt = event.event_type === 'notification_sent' ? (event.receipt ?? null) : first.receipt
  return { ...first, receipt, delivery: tried(first.delivery, event) }
}

function takenBack(first: FirstAlert, event: Try): FirstAlert {
  return { ...first, withdrawal: tried(first.withdrawal ?? PENDING, event) }
}

function withFirst(state: ClipStateData, notifier: string, change: (first: FirstAlert) => FirstAlert): ClipStateData {
  const first = change(state.first_alerts[notifier] ?? { delivery: PENDING, receipt: null, withdrawal: null })
  return { ...state, first_alerts: { ...state.first_alerts, [notifier]: first } }
}

function withNotifier(state: ClipStateData, notifier: string, change: (log: StageLog) => StageLog): ClipStateData {
  const notifications = { ...state.notifications, [notifier]: change(state.notifications[notifier] ?? PENDING) }
  return withNotify({ ...state, notifications }, summary(Object.values(notifications)))
}

function withNotify(state: ClipStateData, notify: StageLog): ClipStateData {
  return { ...state, stages: { ...state.stages, notify } }
}

/** The notify stage is the sum of its notifiers: still running while one is, failed when one failed, skipped when none wanted it now. */
function summary(all: readonly StageLog[]): StageLog {
  const wanting = all.filter(({ status }) => status !== 'skipped')
  const logs = wanting.length === 0 ? all : wanting
  const status = (['running', 'pending', 'error', 'ok'] as const).find((wanted) => logs.some((log) => log.status === wanted)) ?? 'skipped'
  const starts = logs.flatMap((log) => log.started_at ?? []).sort()
  const ends = logs.flatMap((log) => log.finished_at ?? []).sort()
  return {
    status,
    attempts: Math.max(0, ...logs.map((log) => log.attempts)),
    started_at: starts[0] ?? null,
    finished_at: status === 'running' || status === 'pending' ? null : (ends.at(-1) ?? null),
    last_error: logs.find((log) => log.last_error !== null)?.last_error ?? null,
  }
}
