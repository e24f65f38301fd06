import { HOLD_REASONS, type HoldReason } from '../../contracts/clip-events.ts'
import type { StageLog } from '../../contracts/clip-state.ts'

const HELD = 'held: '
/** What was held back has reached the notifier in a digest. */
export const TOLD_IN_DIGEST = 'told_in_digest'

/** How a notification that is held back stands in the journal. Pure. */
export function heldBecause(reason: HoldReason): string {
  return `${HELD}${reason}`
}

/** Why a digest is still owed for this notification; null when none is. Pure. */
export function holdOf(log: StageLog | undefined): HoldReason | null {
  if (log?.status !== 'skipped') return null
  return HOLD_REASONS.find((reason) => log.last_error === heldBecause(reason)) ?? null
}
