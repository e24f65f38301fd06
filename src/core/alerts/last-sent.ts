import type { ClipStateData, StageLog } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { isTakenBack, stands } from '../clips/first-alert-state.ts'
import type { Sent } from './route-alert.ts'

/**
 * What each notifier was told lately of each camera, learnt from the states of the clips, so that a restart knows it too. An alert on its
 * way counts: two clips at the same moment are one alert and one that waits.
 */
export class LastSent {
  readonly #cooldownMs: ReadonlyMap<string, number>
  readonly #clock: Pick<Clock, 'now'>
  /** By notifier and camera, then by clip. */
  readonly #sent = new Map<string, Map<string, Sent>>()

  /** @param cooldownMs of each notifier that has one; of the others nothing is remembered. */
  constructor(cooldownMs: ReadonlyMap<string, number>, clock: Pick<Clock, 'now'>) {
    this.#cooldownMs = cooldownMs
    this.#clock = clock
  }

  note(state: ClipStateData): void {
    for (const [notifier, cooldownMs] of this.#cooldownMs) {
      const key = keyOf(notifier, state.camera_name)
      const since = this.#clock.now().getTime() - cooldownMs
      const sent = sentIn(state, notifier)
      const clips = this.#sent.get(key)
      clips?.delete(state.clip_id)
      for (const [clipId, { atMs }] of clips ?? []) if (atMs <= since) clips?.delete(clipId)
      if (sent === null || sent.atMs <= since) continue
      this.#sent.set(key, (clips ?? new Map<string, Sent>()).set(state.clip_id, sent))
    }
  }

  /** Null when there was none within the notifier's cooldown. */
  of(notifier: string, cameraName: string, exceptClipId: string | null = null): Sent | null {
    const others = [...(this.#sent.get(keyOf(notifier, cameraName)) ?? [])].filter(([clipId]) => clipId !== exceptClipId)
    return others.map(([, sent]) => sent).reduce<Sent | null>((last, sent) => (last !== null && last.atMs >= sent.atMs ? last : sent), null)
  }
}

/** Neither name has a blank in it. */
function keyOf(notifier: string, cameraName: string): string {
  return `${notifier} ${cameraName}`
}

function sentIn(state: ClipStateData, notifier: string): Sent | null {
  const verdict = timeOf(state.notifications[notifier])
  if (verdict !== null) return { atMs: verdict, risk: state.analysis_result?.risk_level ?? null }
  const first = state.first_alerts[notifier]
  if (!stands(first) || isTakenBack(state)) return null
  const atMs = timeOf(first.delivery)
  return atMs === null ? null : { atMs, risk: null }
}

/** When it was told, or the try under way began. */
function timeOf(log: StageLog | undefined): number | null {
  const at = log?.status === 'ok' ? log.finished_at : log?.status === 'running' ? log.started_at : null
  return at === null ? null : Date.parse(at)
}
