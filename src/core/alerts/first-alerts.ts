import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { FilterResult } from '../../contracts/detection.ts'
import type { RouteAlert } from './alert-router.ts'
import type { Thumbnail } from '../stages/artifacts.ts'
import { buildAlert } from './build-alert.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { deliverAlert, type NotifierSlot } from './deliver-alert.ts'
import { onceQuietly, runStage, type StageRunner } from '../stages/run-stage.ts'
import type { AnalyzeVerdict } from '../stages/should-analyze.ts'

export interface FirstAlertDeps {
  /** `alert.mode`: with `verified` nobody is told before the verdict. */
  readonly mode: 'verified' | 'instant'
  readonly runner: StageRunner
  readonly repository: Pick<ClipRepository, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly notifiers: readonly NotifierSlot[]
  readonly timeoutMs: number
  readonly route: RouteAlert
  readonly shouldAnalyze: (detection: FilterResult) => AnalyzeVerdict
  /** Whether this clip can come to alert at all, as far as that is known before it is judged. */
  readonly mayAlert: (clip: ClipStateData) => boolean
}

/**
 * Resolves when the try to send this notifier the first alert of this clip has ended, as a verdict must not overtake it; at once when
 * there is none, or it has not begun by the time of the decision: then it will not be sent, and the verdict is the first to be heard.
 */
export type FirstEnded = (clipId: string, notifier: string) => Promise<unknown>

interface Try {
  readonly ended: Promise<unknown>
  /** It had its turn: from now on the notifier may be told. */
  hasBegun: boolean
}

/** Hears what was found in a clip so far. Never waits, never throws. */
export type Consider = (detection: FilterResult) => void

/**
 * Tells the household of a clip that is yet to be judged. Each notifier is tried once: by the time of a second try the verdict is there,
 * which is tried as long as it takes. One that was tried in an earlier life of the clip is left alone, as it may have been told.
 */
export class FirstAlerts {
  readonly #deps: FirstAlertDeps
  readonly #runner: StageRunner
  readonly #tries = new Map<string, Try>()

  constructor(deps: FirstAlertDeps) {
    this.#deps = deps
    this.#runner = onceQuietly(deps.runner)
  }

  readonly ended: FirstEnded = async (clipId, notifier) => {
    const trying = this.#tries.get(keyOf(clipId, notifier))
    if (trying !== undefined && (trying.hasBegun || this.#isOpen(clipId))) await trying.ended
  }

  /** @returns what is to hear of each finding; everybody is told at the first after which a verdict will follow. */
  begin(clipId: string, picture: (detection: FilterResult) => Thumbnail, signal: AbortSignal): Consider {
    let told = false
    return (detection) => {
      const state = this.#deps.repository.get(clipId)
      if (told || state === null || !isDue(state, detection, this.#deps)) return
      told = true
      this.#tellAll({ ...state, filter_result: detection }, picture(detection), signal)
    }
  }

  #tellAll(state: ClipStateData, thumbnail: Thumbnail, signal: AbortSignal): void {
    const { clip_id, first_alerts, notifications } = state
    const { clock, notifiers, route } = this.#deps
    const alert = buildAlert(state, clock.now(), 'first')
    const fresh = notifiers.filter(({ name }) => first_alerts[name] === undefined && notifications[name] === undefined)
    for (const slot of fresh) {
      if (route(alert, slot.name, false).do !== 'send') continue
      const key = keyOf(clip_id, slot.name)
      const enclosed = slot.notifier.showsPictures === false ? NO_PICTURE : thumbnail
      const ended = enclosed.then((jpeg) => {
        const stage = deliverAlert(slot, alert, { thumbnail: jpeg, replaces: null }, this.#deps.timeoutMs)
        // By the time of its turn the verdict may be there, or another clip of that camera have been told.
        const isWanted = () => (trying.hasBegun = this.#isOpen(clip_id) && route(alert, slot.name, false).do === 'send')
        return runStage(this.#runner, { ...stage, isWanted }, { clip_id, attemptsBefore: 0 }, signal)
      })
      const trying: Try = { ended, hasBegun: false }
      this.#tries.set(key, trying)
      void ended.then(() => this.#tries.delete(key))
    }
  }

  #isOpen(clipId: string): boolean {
    const state = this.#deps.repository.get(clipId)
    return state !== null && state.deleted_at === null && state.alert_decision === null
  }
}

function keyOf(clipId: string, notifier: string): string {
  return `${clipId} ${notifier}`
}

const NO_PICTURE: Thumbnail = Promise.resolve(null)

/** Without an analysis to come, the decision itself is as fast. */
function isDue(state: ClipStateData, detection: FilterResult, { mode, mayAlert, shouldAnalyze }: FirstAlertDeps): boolean {
  if (mode === 'verified' || state.deleted_at !== null || state.alert_decision !== null || detection.detections.length === 0) return false
  const { status } = state.stages.vlm
  if (status !== 'pending' && status !== 'running') return false
  return mayAlert(state) && shouldAnalyze(detection).run
}
