import { json, type Answer } from './answer.ts'

/** What happens to one request instead of what should. */
export type Fault =
  /** Nothing: this one is served. */
  | { readonly do: 'serve' }
  | { readonly do: 'status'; readonly status: number; readonly retryAfter?: string; readonly text?: string }
  | { readonly do: 'rate_limit'; readonly reason: 'too_many_requests' | 'too_many_write_operations'; readonly retryAfterS: number }
  /** The connection breaks: before the body is read, in the middle of it, or when the request was served but not answered. */
  | { readonly do: 'cut'; readonly when: 'before_body' | 'in_body' | 'after_taken' }
  /** Answers with half of the body, then breaks. */
  | { readonly do: 'cut_answer' }
  /** It is served, but something happens first: a token expires, somebody else was there. */
  | { readonly do: 'meanwhile'; readonly happens: () => void }
  | { readonly do: 'hang' }

export class Faults {
  readonly #queues = new Map<string, Fault[]>()

  add(route: string, faults: readonly Fault[]): void {
    this.#queues.set(route, [...(this.#queues.get(route) ?? []), ...faults])
  }

  take(route: string): Fault {
    return this.#queues.get(route)?.shift() ?? { do: 'serve' }
  }
}

/** The answer that a fault consists of; null for those that are no answer. */
export function faultAnswer(fault: Fault): Answer | null {
  if (fault.do === 'rate_limit') {
    const { reason, retryAfterS } = fault
    const error = { reason: { '.tag': reason }, retry_after: retryAfterS }
    return json({ error_summary: `${reason}/..`, error }, 429, { 'retry-after': String(retryAfterS) })
  }
  if (fault.do !== 'status') return null
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    ...(fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }),
  }
  return { status: fault.status, headers, body: fault.text ?? 'as scripted' }
}
