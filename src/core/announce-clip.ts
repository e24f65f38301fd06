import type { Alert, AlertMedia } from '../contracts/alert.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import { ok } from '../contracts/result.ts'
import type { Semaphore } from '../lib/semaphore.ts'
import type { Notifier } from '../contracts/notifier.ts'
import type { Thumbnail } from './artifacts.ts'
import { buildAlert } from './build-alert.ts'
import type { ClipRepository } from './clip-repository.ts'
import { isCounted, TOO_LATE } from './recovery-digest.ts'
import { runStage, type Stage, type StageRunner } from './run-stage.ts'

/** A notifier with its name and its own slots, so that a slow one holds back nobody else. */
export interface NotifierSlot {
  readonly name: string
  readonly notifier: Pick<Notifier, 'send' | 'sendSystem'>
  readonly slots: Semaphore
}

export interface AnnounceDeps {
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'record' | 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly notifiers: readonly NotifierSlot[]
  readonly timeoutMs: number
  /** Whether this clip is too old to alert for on its own; it is counted in a digest instead. */
  readonly tooLate: (clip: ClipStateData) => boolean
}

/** Tells every notifier that has not been told yet, in parallel; resolves when each has delivered or given up. Never rejects. */
export type AnnounceClip = (clip: ClipStateData, thumbnail: Thumbnail, signal: AbortSignal) => Promise<void>

export function announcer(deps: AnnounceDeps): AnnounceClip {
  return async (clip, thumbnail, signal) => {
    if (isCounted(clip)) return
    if (deps.tooLate(clip)) {
      deps.repository.record(clip.clip_id, { event_type: 'notification_skipped', reason: TOO_LATE })
      return
    }
    const media: AlertMedia = { thumbnail: await thumbnail, replaces: null }
    const alert = buildAlert(deps.repository.get(clip.clip_id) ?? clip, deps.clock.now())
    const owed = deps.notifiers.filter(({ name }) => clip.notifications[name]?.status !== 'ok')
    await Promise.all(
      owed.map((slot) => {
        const target = { clip_id: clip.clip_id, attemptsBefore: clip.notifications[slot.name]?.attempts ?? 0 }
        return runStage(deps.runner, notifyStage(slot, alert, media, deps.timeoutMs), target, signal)
      }),
    )
  }
}

function notifyStage({ name, notifier, slots }: NotifierSlot, alert: Alert, media: AlertMedia, timeoutMs: number): Stage<'notify'> {
  return {
    name: 'notify',
    plugin: name,
    timeoutMs,
    slots,
    attempt: async (signal) => {
      const sent = await notifier.send(alert, media, signal)
      return sent.ok ? ok({ notifier: name }) : sent
    },
  }
}
