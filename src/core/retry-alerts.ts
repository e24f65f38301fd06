import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import { withLogContext } from '../lib/log-context.ts'
import { announcer } from './announce-clip.ts'
import type { RouteAlert } from './alert-router.ts'
import type { ArtifactKeeper } from './artifacts.ts'
import type { ClipFileOpener } from './clip-file.ts'
import type { ClipDigest, ClipIndex } from './clip-index.ts'
import type { ClipRepository } from './clip-repository.ts'
import type { NotifierSlot } from './deliver-alert.ts'
import { DebtSweeper, type Payment } from './debt-sweeper.ts'
import type { FirstEnded } from './first-alerts.ts'
import { stands, owesSecondStage, closingsOwed } from './first-alert-state.ts'
import { owesAlert, owesNotifier } from './pipeline-debt.ts'
import { onceQuietly, type StageRunner } from './run-stage.ts'
import type { WithdrawAlerts } from './withdraw-alerts.ts'

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

/** Who was told something that was not confirmed yet still wants to know it the day after; then it is history, too. */
const SECOND_STAGE_MAX_AGE_MS = 24 * 3_600_000

/** Tells those notifiers that were out of reach; those that were told are left alone. */
export function sweepAlerts(deps: AlertDebtDeps): DebtSweeper {
  const { index, clock, runner, firstDelayMs } = deps
  const owing = () => {
    const endsAfter = (maxAgeMs: number) => (digest: ClipDigest) => digest.endMs >= clock.now().getTime() - maxAgeMs
    const alerts = index.owing('alert').filter(endsAfter(deps.alertMaxAgeMs))
    const known = new Set(alerts.map(({ clip_id }) => clip_id))
    const unconfirmed = index.owing('second_stage').filter(endsAfter(Math.max(SECOND_STAGE_MAX_AGE_MS, deps.alertMaxAgeMs)))
    return [...alerts, ...unconfirmed.filter(({ clip_id }) => !known.has(clip_id))]
  }
  const pay = (clipId: string, signal: AbortSignal) => payAlert(clipId, deps, signal)
  return new DebtSweeper({ owing, pay, clock, random: runner.random, firstDelayMs })
}

async function payAlert(clipId: string, deps: AlertDebtDeps, signal: AbortSignal): Promise<Payment> {
  const { repository } = deps
  const held = await repository.hold(clipId)
  if (!held.ok) return 'hopeless'
  using _held = held.value
  const clip = repository.get(clipId)
  if (clip === null || !isOwed(clip)) return 'paid'
  return await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
    await deps.withdraw(clipId, signal)
    const notifiers = deps.notifiers.filter(({ name }) => owesAlert(clip) && mayStillHear(clip, name, deps))
    if (notifiers.length > 0) await announceTo(notifiers, clip, deps, signal)
    const after = repository.get(clipId)
    if (after === null || !isOwed(after)) return 'paid'
    // Somebody answered, so the other clips need not wait for who did not.
    if (takenIn(after) > takenIn(clip)) return 'paid'
    const toClose = closingsOwed(after)
    // Nobody was asked who is configured no more.
    return notifiers.length > 0 || deps.notifiers.some(({ name }) => toClose.includes(name)) ? 'refused' : 'hopeless'
  })
}

/** How many deliveries of this clip got through. */
function takenIn({ notifications, first_alerts }: ClipStateData): number {
  const logs = [...Object.values(notifications), ...Object.values(first_alerts).map(({ withdrawal }) => withdrawal)]
  return logs.filter((log) => log?.status === 'ok').length
}

function isOwed(clip: ClipStateData): boolean {
  return owesAlert(clip) || owesSecondStage(clip)
}

/** An old clip is no news, except to who knows half of it. */
function mayStillHear({ notifications, first_alerts, end_ts }: ClipStateData, name: string, deps: AlertDebtDeps): boolean {
  if (!owesNotifier(notifications[name])) return false
  return stands(first_alerts[name]) || deps.clock.now().getTime() - Date.parse(end_ts) <= deps.alertMaxAgeMs
}

async function announceTo(
  notifiers: readonly NotifierSlot[],
  clip: ClipStateData,
  deps: AlertDebtDeps,
  signal: AbortSignal,
): Promise<void> {
  const { repository, clock, route, ended, artifacts } = deps
  await using file = await deps.openFile(clip, signal)
  const picture = clip.filter_result === null ? null : artifacts.thumbnail(clip, clip.filter_result, file.path, signal)
  const runner = onceQuietly(deps.runner)
  const timeoutMs = deps.notifyTimeoutMs
  const announce = announcer({ runner, repository, clock, notifiers, timeoutMs, route, ended, tooLate: () => false })
  await announce(clip, picture ?? Promise.resolve(null), signal)
}
