/** The outcome of an operation that is expected to fail sometimes. Failures are returned, never thrown. */
export type Result<T, E> = Ok<T> | Err<E>
export type Ok<T> = { readonly ok: true; readonly value: T }
export type Err<E> = { readonly ok: false; readonly error: E }

export function ok(): Ok<void>
export function ok<T>(value: T): Ok<T>
export function ok<T>(value?: T): Ok<T | undefined> {
  return { ok: true, value }
}

export function err<E>(error: E): Err<E> {
  return { ok: false, error }
}

/** Runs code that throws (an SDK, a parser) and turns the exception into a value. */
export async function attempt<T, E>(operation: () => Promise<T>, toError: (cause: unknown) => E): Promise<Result<T, E>> {
  try {
    return ok(await operation())
  } catch (cause) {
    return err(toError(cause))
  }
}

/** For a `switch` default: fails to compile when a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
