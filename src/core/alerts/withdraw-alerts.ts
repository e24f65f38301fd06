import type { AlertStage } from '../../contracts/alert.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { buildAlert } from './build-alert.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { deliverAlert, type NotifierSlot } from './deliver-alert.ts'
import type { FirstEnded } from './first-alerts.ts'
import { closingOwed } from '../clips/first-alert-state.ts'
import { onceQuietly, runStage, type StageRunner } from '../stages/run-stage.ts'

export interface WithdrawDeps {
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly notifiers: readonly NotifierSlot[]
  readonly timeoutMs: number
  readonly ended: FirstEnded
}

/**
 * Takes first alerts back that are not to stand, and confirms those that nobody could judge, with those that got them, in parallel; does
 * nothing for a clip that owes neither. Resolves when each has heard of it or was tried once in vain; the sweeper goes on with those.
 * Never rejects.
 * @param only the one notifier to do so with; absent: all.
 */
export type WithdrawAlerts = (clipId: string, signal: AbortSignal, only?: string) => Promise<void>

export function alertWithdrawer(deps: WithdrawDeps): WithdrawAlerts {
  const runner = onceQuietly(deps.runner)
  /** The pipeline and the sweeper may come at the same time. */
  const underWay = new Map<string, Promise<unknown>>()

  const close = async (slot: NotifierSlot, clipId: string, signal: AbortSignal) => {
    await deps.ended(clipId, slot.name)
    const state = deps.repository.get(clipId)
    const owed = state === null ? null : closingOwed(state, slot.name)
    if (signal.aborted || state === null || owed === null) return
    const replaces = state.first_alerts[slot.name]?.receipt ?? null
    const alert = buildAlert(state, deps.clock.now(), owed)
    const stage = deliverAlert(slot, alert, { thumbnail: null, replaces }, deps.timeoutMs)
    await runStage(runner, stage, { clip_id: clipId, attemptsBefore: attemptsOf(state, slot.name, owed) }, signal)
  }

  return async (clipId, signal, only) => {
    const concerned = deps.notifiers.filter(({ name }) => only === undefined || name === only)
    const each = concerned.map((slot) => {
      const key = `${clipId} ${slot.name}`
      const running = underWay.get(key) ?? close(slot, clipId, signal).finally(() => underWay.delete(key))
      underWay.set(key, running)
      return running
    })
    await Promise.all(each)
  }
}

function attemptsOf({ first_alerts, notifications }: ClipStateData, notifier: string, stage: AlertStage): number {
  const log = stage === 'withdrawn' ? first_alerts[notifier]?.withdrawal : notifications[notifier]
  return log?.attempts ?? 0
}
