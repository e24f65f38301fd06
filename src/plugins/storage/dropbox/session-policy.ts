import type { ApiFailure } from './api-failure.ts'
import { BLOCK_BYTES } from './content-hash.ts'

/** How much goes in one request. A multiple of 4 MiB, as Dropbox advises; small enough to lose little and to hold one per worker in memory. */
export const PART_BYTES = 2 * BLOCK_BYTES

/** The next request of a session: which bytes, `end` excluded, and on which route. The last bytes go with the one that finishes. */
export interface SessionStep {
  readonly do: 'start' | 'append' | 'finish'
  readonly start: number
  readonly end: number
}

/** @param offset how much Dropbox has; null: there is no session yet. */
export function nextStep(offset: number | null, size: number, partBytes: number): SessionStep {
  const start = offset ?? 0
  // Up to the next multiple, so that a session whose offset is odd falls into step again.
  const end = Math.min(size, (Math.floor(start / partBytes) + 1) * partBytes)
  if (offset === null) return { do: 'start', start, end }
  return { do: end < size ? 'append' : 'finish', start, end }
}

export type SessionRecovery =
  | { readonly do: 'go_on'; readonly offset: number }
  /** The session is over, perhaps since its file is complete. */
  | { readonly do: 'look' }
  | { readonly do: 'give_up' }

/** What to do about a step that failed. */
export function recovery(
  { tag, correctOffset }: Pick<ApiFailure, 'tag' | 'correctOffset'>,
  step: SessionStep,
  size: number,
): SessionRecovery {
  if (step.do === 'start') return { do: 'give_up' }
  const reason = step.do === 'finish' ? tag.replace(/^lookup_failed\//, '') : tag
  if (/^(not_found|closed)$/.test(reason)) return { do: 'look' }
  if (!/^incorrect_offset$/.test(reason) || correctOffset === null) return { do: 'give_up' }
  // A session that wants what we just sent, or holds more than we have, is of no use.
  return correctOffset === step.start || correctOffset > size ? { do: 'look' } : { do: 'go_on', offset: correctOffset }
}
