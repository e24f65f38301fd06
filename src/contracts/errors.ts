import { z } from 'zod'

/**
 * What went wrong, in six words. A plugin maps every library error onto one of these;
 * the core decides retries from the kind alone, so this list is the whole retry policy surface.
 */
export const ERROR_KINDS = ['unavailable', 'timeout', 'rejected', 'invalid', 'cancelled', 'bug'] as const
export const ErrorKindSchema = z.enum(ERROR_KINDS)
export type ErrorKind = (typeof ERROR_KINDS)[number]

const RETRYABLE: Readonly<Record<ErrorKind, boolean>> = {
  unavailable: true, // network down, 5xx, 429, disk full or busy
  timeout: true, // no answer within the stage's deadline
  rejected: false, // credentials or permissions: a retry cannot help
  invalid: false, // the other side understood us and said no, or answered nonsense
  cancelled: false, // we are shutting down
  bug: false, // the plugin threw: a broken contract, never an expected failure
}

export function isRetryable(kind: ErrorKind): boolean {
  return RETRYABLE[kind]
}

/** What a plugin returns. It says WHAT failed; the core adds WHERE (stage, clip, attempt). */
export type PluginError = {
  readonly kind: ErrorKind
  /** One sentence for the owner. Never a response body, never a secret. */
  readonly message: string
  /** The other side asked us to wait at least this long (Retry-After). */
  readonly retryAfterMs?: number
  /** The original exception, kept for its stack. Never serialised. */
  readonly cause?: unknown
}

export function pluginError(kind: ErrorKind, message: string, cause?: unknown): PluginError {
  return cause === undefined ? { kind, message } : { kind, message, cause }
}

/** The message of anything that was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** Node's `error.code`, or the empty string. */
export function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' || typeof code === 'number' ? String(code) : ''
}
