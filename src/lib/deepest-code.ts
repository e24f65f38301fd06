import { codeOf } from '../contracts/errors.ts'

/** The code of the innermost cause that has one, such as ECONNREFUSED below "fetch failed"; or the empty string. */
export function deepestCode(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? deepestCode(cause.cause) : ''
  return inner === '' ? codeOf(cause) : inner
}
