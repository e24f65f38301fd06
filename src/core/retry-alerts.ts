import type { Clock } from '../contracts/clock.ts'
import { withLogContext } from '../lib/log-context.ts'
import { announcer, type NotifierSlot } from './announce-clip.ts'
import type { ArtifactKeeper } from './artifacts.ts'
import type { ClipFileOpener } from './clip-file.ts'
import type { ClipIndex } from './clip-index.ts'
import type { ClipRepository } from './clip-repository.ts'
import { DebtSweeper, type Payment } from './debt-sweeper.ts'
import { owesAlert, owesNotifier } from './pipeline-debt.ts'
import { onceQuietly, type StageRunner } from './run-stage.ts'

export interface AlertDebtDeps {
  readonly index: Pick<ClipIndex, 'owing'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'record'>
  readonly runner: StageRunner
  readonly notifiers: readonly NotifierSlot[]
  readonly notifyTimeoutMs: number
  readonly artifacts: Pick<ArtifactKeeper, 'thumbnail'>
  readonly openFile: ClipFileOpener
  readonly clock: Clock
  readonly firstDelayMs: number
  /** This long after its end a clip is history: it is not alerted for any more. */
  readonly alertMaxAgeMs: number
}

/** Tells those notifiers that were out of reach; those that were told are left alone. */
export function sweepAlerts(deps: AlertDebtDeps): DebtSweeper {
  const { index, clock, runner, firstDelayMs, alertMaxAgeMs } = deps
  const owing = () => {
    const oldestMs = clock.now().getTime() - alertMaxAgeMs
    return index.owing('alert').filter(({ endMs }) => endMs >= oldestMs)
  }
  const pay = (clipId: string, signal: AbortSignal) => payAlert(clipId, deps, signal)
  return new DebtSweeper({ owing, pay, clock, random: runner.random, firstDelayMs })
}

async function payAlert(clipId: string, deps: AlertDebtDeps, signal: AbortSignal): Promise<Payment> {
  const { repository, clock, artifacts } = deps
  const held = await repository.hold(clipId)
  if (!held.ok) return 'hopeless'
  using _held = held.value
  const clip = repository.get(clipId)
  if (clip === null || !owesAlert(clip)) return 'paid'
  const notifiers = deps.notifiers.filter(({ name }) => owesNotifier(clip.notifications[name]))
  if (notifiers.length === 0) return 'hopeless' // it is configured no more
  return await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
    await using file = await deps.openFile(clip, signal)
    const picture = clip.filter_result === null ? null : artifacts.thumbnail(clip, clip.filter_result, file.path, signal)
    const runner = onceQuietly(deps.runner)
    const announce = announcer({ runner, repository, clock, notifiers, timeoutMs: deps.notifyTimeoutMs, tooLate: () => false })
    await announce(clip, picture ?? Promise.resolve(null), signal)
    const after = repository.get(clipId)
    return after === null || !owesAlert(after) ? 'paid' : 'refused'
  })
}
