import type { ClipStateData } from '../../contracts/clip-state.ts'
import { plainText } from '../../lib/plain-text.ts'
import { holdOf } from '../clips/held-back.ts'
import { LONGEST_SUMMARY, type HeldAlert } from './quiet-digest.ts'

/** What each notifier is still to be told in a digest, learnt from the states of the clips, so that a restart knows it too. */
export class HeldAlerts {
  readonly #notifiers: readonly string[]
  /** By notifier, then by clip. */
  readonly #held = new Map<string, Map<string, HeldAlert>>()

  /** @param notifiers those that are told; what was held back from others stays in the journals. */
  constructor(notifiers: readonly string[]) {
    this.#notifiers = notifiers
  }

  note(state: ClipStateData): void {
    for (const notifier of this.#notifiers) {
      const held = heldFrom(state, notifier)
      if (held === null) this.forget(notifier, state.clip_id)
      else this.#held.set(notifier, (this.#held.get(notifier) ?? new Map<string, HeldAlert>()).set(state.clip_id, held))
    }
  }

  from(notifier: string): HeldAlert[] {
    return [...(this.#held.get(notifier)?.values() ?? [])]
  }

  forget(notifier: string, clipId: string): void {
    this.#held.get(notifier)?.delete(clipId)
  }
}

function heldFrom(state: ClipStateData, notifier: string): HeldAlert | null {
  const reason = holdOf(state.notifications[notifier])
  if (reason === null || state.deleted_at !== null) return null
  const { clip_id, camera_name, start_ts, analysis_result } = state
  const summary = analysis_result === null ? null : plainText(analysis_result.summary, LONGEST_SUMMARY)
  return { clip_id, camera_name, start_ts, reason, risk_level: analysis_result?.risk_level ?? null, summary }
}
