import { retryDelayMs } from '../../../lib/retry.ts'
import type { StreamTrouble } from './stream-trouble.ts'

export interface ReconnectPolicy {
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** 0: for ever. */
  readonly maxAttempts: number
}

/** A camera locks the account after a few wrong passwords, and one that is full stays so for a while. */
const LEAST_MS: Readonly<Partial<Record<StreamTrouble, number>>> = { credentials: 30_000, not_found: 15_000, session_limit: 5_000 }
const CREDENTIALS_CAP_MS = 300_000

/**
 * How long to wait before the next try. Pure.
 * @param failures in a row without a single picture, this one included; 0 when the last connection worked for a while.
 * @param random in [0, 1)
 * @returns null when the camera is given up.
 */
export function reconnectDelayMs(trouble: StreamTrouble, failures: number, policy: ReconnectPolicy, random: number): number | null {
  if (policy.maxAttempts > 0 && failures >= policy.maxAttempts) return null
  // Nothing is wrong with the camera: we asked for another connection.
  if (trouble === 'restart') return 0
  const capMs = trouble === 'credentials' ? CREDENTIALS_CAP_MS : policy.maxBackoffMs
  const delayMs = retryDelayMs(Math.max(failures, 1) + 1, policy.backoffMs, random, { capMs })
  return failures === 0 ? delayMs : Math.max(delayMs, LEAST_MS[trouble] ?? 0)
}
