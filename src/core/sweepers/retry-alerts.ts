import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { withLogContext } from '../../lib/log-context.ts'
import { announcer } from '../alerts/announce-clip.ts'
import type { RouteAlert } from '../alerts/alert-router.ts'
import type { ArtifactKeeper } from '../stages/artifacts.ts'
import type { ClipFileOpener } from '../stages/clip-file.ts'
import type { ClipIndex, Waiting } from '../clips/clip-index.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import type { NotifierSlot } from '../alerts/deliver-alert.ts'
import { DebtSweeper, type Payment } from './debt-sweeper.ts'
import { SharedPictures } from './shared-pictures.ts'
import type { FirstEnded } from '../alerts/first-alerts.ts'
import { closingOwed, secondStageOwedTo, stands } from '../clips/first-alert-state.ts'
import { alertOwedTo } from '../clips/pipeline-debt.ts'
import { onceQuietly, type StageRunner } from '../stages/run-stage.ts'
import type { WithdrawAlerts } from '../alerts/withdraw-alerts.ts'

export interface AlertDebtDeps {
  readonly index: Pick<ClipIndex, 'owing'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'record'>
  readonly runner: StageRunner
  readonly notifiers: readonly NotifierSlot[]
  readonly notifyTimeoutMs: number
  readonly route: RouteAlert
  readonly ended: FirstEnded
  readonly withdraw: WithdrawAlerts
  readonly artifacts: Pick<ArtifactKeeper, 'thumbnail'>
  readonly openFile: ClipFileOpener
  readonly clock: Clock
  readonly firstDelayMs: number
  /** This long after its end a clip is history: it is not alerted for any more. */
  readonly alertMaxAgeMs: number
}

type SweeperDeps = AlertDebtDeps & { readonly pictures: SharedPictures }

/** Who was told something that was not confirmed yet still wants to know it the day after; then it is history, too. */
const SECOND_STAGE_MAX_AGE_MS = 24 * 3_600_000

/**
 * Tells those notifiers that were out of reach; those that were told are left alone. Each is followed up on its own, so that what one is
 * owed does not wait for another that is down.
 */
export function sweepAlerts(deps: AlertDebtDeps): AsyncDisposable {
  const pictures = new SharedPictures(deps)
  const sweepers = deps.notifiers.map((slot) => sweepFor(slot, { ...deps, pictures }))
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sweepers.map((sweeper) => sweeper[Symbol.asyncDispose]()))
    },
  }
}

function sweepFor(slot: NotifierSlot, deps: SweeperDeps): DebtSweeper {
  const { index, clock, runner, firstDelayMs, alertMaxAgeMs } = deps
  const owed = (debt: keyof Waiting, maxAgeMs: number) => {
    const endsAfterMs = clock.now().getTime() - maxAgeMs
    return index.owing(debt).filter(({ endMs, waiting }) => endMs >= endsAfterMs && waiting[debt].includes(slot.name))
  }
  const owing = () => {
    const alerts = owed('alert', alertMaxAgeMs)
    const known = new Set(alerts.map(({ clip_id }) => clip_id))
    const unconfirmed = owed('second_stage', Math.max(SECOND_STAGE_MAX_AGE_MS, alertMaxAgeMs))
    return [...alerts, ...unconfirmed.filter(({ clip_id }) => !known.has(clip_id))]
  }
  const pay = (clipId: string, signal: AbortSignal) => payAlert(clipId, slot, deps, signal)
  return new DebtSweeper({ owing, pay, clock, random: runner.random, firstDelayMs })
}

async function payAlert(clipId: string, slot: NotifierSlot, deps: SweeperDeps, signal: AbortSignal): Promise<Payment> {
  const { repository } = deps
  const held = await repository.hold(clipId)
  if (!held.ok) return 'hopeless'
  using _held = held.value
  const clip = repository.get(clipId)
  if (clip === null || !isOwed(clip, slot)) return 'paid'
  return await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
    await deps.withdraw(clipId, signal, slot.name)
    const mayBeTold = mayStillHear(clip, slot, deps)
    if (mayBeTold) await announceTo(slot, clip, deps, signal)
    const after = repository.get(clipId)
    if (after === null || !isOwed(after, slot)) return 'paid'
    return mayBeTold || closingOwed(after, slot.name) !== null ? 'refused' : 'hopeless'
  })
}

function isOwed(clip: ClipStateData, { name }: NotifierSlot): boolean {
  return alertOwedTo(clip).includes(name) || secondStageOwedTo(clip).includes(name)
}

/** An old clip is no news, except to who knows half of it. */
function mayStillHear(clip: ClipStateData, { name }: NotifierSlot, { clock, alertMaxAgeMs }: AlertDebtDeps): boolean {
  if (!alertOwedTo(clip).includes(name)) return false
  return stands(clip.first_alerts[name]) || clock.now().getTime() - Date.parse(clip.end_ts) <= alertMaxAgeMs
}

async function announceTo(slot: NotifierSlot, clip: ClipStateData, deps: SweeperDeps, signal: AbortSignal): Promise<void> {
  const { repository, clock, route, ended, pictures } = deps
  await using picture = slot.notifier.showsPictures === false ? null : pictures.of(clip, signal)
  const runner = onceQuietly(deps.runner)
  const timeoutMs = deps.notifyTimeoutMs
  const announce = announcer({ runner, repository, clock, notifiers: [slot], timeoutMs, route, ended, tooLate: () => false })
  await announce(clip, picture?.jpeg ?? Promise.resolve(null), signal)
}
