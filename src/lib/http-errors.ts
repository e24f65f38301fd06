import type { ErrorKind } from '../contracts/errors.ts'

/** What an unsuccessful HTTP status means for a retry. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 408 || status === 429 || status >= 500) return 'unavailable'
  if (status === 401 || status === 403) return 'rejected'
  return 'invalid'
}

const DELAY_SECONDS = /^\d{1,9}$/
// Date.parse alone takes almost anything for a date ("-5", "1.5").
const HTTP_DATE = /^[A-Za-z]{3,9},? .*GMT$/

/**
 * What a `Retry-After` header asks for, in either of its forms; a date that has passed is 0, nonsense is undefined.
 * The value is the other side's word and may be absurd: whoever waits sets the cap.
 */
export function retryAfterMs(headerValue: string | null, now: Date): number | undefined {
  const value = headerValue?.trim() ?? ''
  if (DELAY_SECONDS.test(value)) return Number(value) * 1000
  if (!HTTP_DATE.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}

/** Until a moment in Unix seconds, as headers give it that tell when a limit starts anew; nonsense is undefined. */
export function untilUnixSecondsMs(headerValue: string | readonly string[] | undefined, now: Date): number | undefined {
  if (typeof headerValue !== 'string' || !/^\d{9,11}$/.test(headerValue)) return undefined
  return Math.max(0, Number(headerValue) * 1000 - now.getTime())
}
