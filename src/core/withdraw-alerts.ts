import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import { buildAlert } from './build-alert.ts'
import type { ClipRepository } from './clip-repository.ts'
import { deliverAlert, type NotifierSlot } from './deliver-alert.ts'
import type { FirstEnded } from './first-alerts.ts'
import { withdrawalsOwed } from './first-alert-state.ts'
import { onceQuietly, runStage, type StageRunner } from './run-stage.ts'

export interface WithdrawDeps {
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly notifiers: readonly NotifierSlot[]
  readonly timeoutMs: number
  readonly ended: FirstEnded
}

/**
 * Takes first alerts back that are not to stand, from those that got them, in parallel; does nothing for a clip that owes none. Resolves
 * when each has heard of it or was tried once in vain; the sweeper goes on with those. Never rejects.
 */
export type WithdrawAlerts = (clipId: string, signal: AbortSignal) => Promise<void>

export function alertWithdrawer(deps: WithdrawDeps): WithdrawAlerts {
  const runner = onceQuietly(deps.runner)
  /** The pipeline and the sweeper may come at the same time. */
  const underWay = new Map<string, Promise<unknown>>()

  const takeBack = async (slot: NotifierSlot, clipId: string, signal: AbortSignal) => {
    await deps.ended(clipId, slot.name)
    const state = deps.repository.get(clipId)
    if (signal.aborted || state === null || !withdrawalsOwed(state).includes(slot.name)) return
    await runStage(runner, stageFor(slot, state, deps), targetOf(state, slot), signal)
  }

  return async (clipId, signal) => {
    const each = deps.notifiers.map((slot) => {
      const key = `${clipId} ${slot.name}`
      const running = underWay.get(key) ?? takeBack(slot, clipId, signal).finally(() => underWay.delete(key))
      underWay.set(key, running)
      return running
    })
    await Promise.all(each)
  }
}

function stageFor(slot: NotifierSlot, state: ClipStateData, { clock, timeoutMs }: WithdrawDeps): ReturnType<typeof deliverAlert> {
  const replaces = state.first_alerts[slot.name]?.receipt ?? null
  return deliverAlert(slot, buildAlert(state, clock.now(), 'withdrawn'), { thumbnail: null, replaces }, timeoutMs)
}

function targetOf({ clip_id, first_alerts }: ClipStateData, { name }: NotifierSlot): { clip_id: string; attemptsBefore: number } {
  return { clip_id, attemptsBefore: first_alerts[name]?.withdrawal?.attempts ?? 0 }
}
