import OpenAI from 'openai'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { fromRefusal, unreachable } from '../../../lib/vlm/refusal.ts'

/**
 * What a failed call means. The server's own words are left out, and so is the exception: they may repeat the key or the pictures.
 * @param host whom we called, for the owner.
 */
export function toPluginError(cause: unknown, host: string, now: Date): PluginError {
  if (cause instanceof OpenAI.APIConnectionError) return unreachable(cause, host)
  if (cause instanceof OpenAI.APIError && typeof cause.status === 'number') {
    const retryAfter = cause.headers instanceof Headers ? cause.headers.get('retry-after') : null
    // No two of the many servers with this format have the same codes in their bodies, so only the status is read.
    return fromRefusal({ status: cause.status, body: undefined, retryAfter }, { host, explain: () => ({}) }, now)
  }
  if (cause instanceof SyntaxError) return pluginError('invalid', `the model server ${host} sent a body that is not JSON`)
  // fetch reports a connection that breaks inside the body as a bare TypeError.
  if (cause instanceof TypeError) return pluginError('unavailable', `the connection to the model server ${host} broke off`)
  return pluginError('bug', `the call to the model server ${host} failed in an unknown way`)
}

/** What the server said of our request, only to be searched for known words; empty unless it refused the request as such. */
export function complaintOf(cause: unknown): string {
  if (!(cause instanceof OpenAI.APIError) || (cause.status !== 400 && cause.status !== 422)) return ''
  return `${cause.message} ${JSON.stringify(cause.error ?? '')}`
}
