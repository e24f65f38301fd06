import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { RouteAlert } from './alert-router.ts'
import type { Thumbnail } from '../stages/artifacts.ts'
import { buildAlert } from './build-alert.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { deliverAlert, type NotifierSlot } from './deliver-alert.ts'
import type { FirstEnded } from './first-alerts.ts'
import { stands } from '../clips/first-alert-state.ts'
import { isCounted, TOO_LATE } from '../clips/recovery-digest.ts'
import type { Route } from './route-alert.ts'
import { runStage, type StageRunner } from '../stages/run-stage.ts'

export interface AnnounceDeps {
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'record' | 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly notifiers: readonly NotifierSlot[]
  readonly timeoutMs: number
  readonly route: RouteAlert
  readonly ended: FirstEnded
  /** Whether this clip is too old to alert for on its own; it is counted in a digest instead. */
  readonly tooLate: (clip: ClipStateData) => boolean
}

/**
 * Tells every notifier the verdict that has not been told yet and wants to hear it now, in parallel; resolves when each has delivered,
 * given up or been left out. Once somebody got the first alert everybody gets the verdict, however old the clip is: no digest counts it
 * then. Never rejects.
 */
export type AnnounceClip = (clip: ClipStateData, thumbnail: Thumbnail, signal: AbortSignal) => Promise<void>

export function announcer(deps: AnnounceDeps): AnnounceClip {
  return async (clip, thumbnail, signal) => {
    if (isCounted(clip)) return
    const owed = deps.notifiers.filter(({ name }) => isOwed(clip, name))
    if (deps.tooLate(clip) && !Object.values(clip.first_alerts).some(stands)) {
      // Counted only for somebody: who all know of the clip need no digest of it.
      if (owed.length > 0 || deps.notifiers.length === 0)
        deps.repository.record(clip.clip_id, { event_type: 'notification_skipped', reason: TOO_LATE })
      return
    }
    await Promise.all(owed.map((slot) => tell(slot, { clip, thumbnail, deps }, signal)))
  }
}

/** What was left out or held back was so on purpose. */
function isOwed({ notifications }: ClipStateData, notifier: string): boolean {
  const status = notifications[notifier]?.status
  return status !== 'ok' && status !== 'skipped'
}

interface Telling {
  readonly clip: ClipStateData
  readonly thumbnail: Thumbnail
  readonly deps: AnnounceDeps
}

async function tell(slot: NotifierSlot, { clip, thumbnail, deps }: Telling, signal: AbortSignal): Promise<void> {
  const [jpeg] = await Promise.all([thumbnail, deps.ended(clip.clip_id, slot.name)])
  const state = deps.repository.get(clip.clip_id) ?? clip
  if (state.deleted_at !== null) return
  const first = state.first_alerts[slot.name]
  const alert = buildAlert(state, deps.clock.now())
  // Asked before each try, as meanwhile another clip of that camera may have been told.
  const isWanted = () => {
    if (deps.repository.get(clip.clip_id)?.deleted_at != null) return false
    const route = deps.route(alert, slot.name, stands(first))
    if (route.do !== 'send') leaveOut(slot.name, clip.clip_id, route, deps)
    return route.do === 'send'
  }
  const replaces = stands(first) ? first.receipt : null // what was taken back is there no more
  const target = { clip_id: clip.clip_id, attemptsBefore: state.notifications[slot.name]?.attempts ?? 0 }
  const stage = deliverAlert(slot, alert, { thumbnail: jpeg, replaces }, deps.timeoutMs)
  await runStage(deps.runner, { ...stage, isWanted }, target, signal)
}

function leaveOut(notifier: string, clipId: string, route: Exclude<Route, { do: 'send' }>, { runner, repository }: AnnounceDeps): void {
  const { reason } = route
  if (route.do === 'hold') repository.record(clipId, { event_type: 'notification_held', notifier, reason: route.reason })
  else repository.record(clipId, { event_type: 'notification_skipped', notifier, reason })
  runner.log.info({ event_type: `notification_${route.do === 'hold' ? 'held' : 'skipped'}`, notifier, reason }, 'not told here now')
}
