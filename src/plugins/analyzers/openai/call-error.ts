import OpenAI from 'openai'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'
import { deepestCode } from '../../../lib/deepest-code.ts'

const ADVICE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'the key was not accepted; check the variable that `api_key_env` names',
  402: 'the account has no credit left; top it up',
  403: 'the key may not use this model',
  404: 'the model or the address is unknown there; check `model` and `base_url`',
  413: 'the pictures are too large; lower `vlm.preprocessing`',
  429: 'too many requests, or the credit is used up',
}

/**
 * What a failed call means. The server's own words are left out, and so is the exception: they may repeat the key or the pictures.
 * @param host whom we called, for the owner.
 */
export function toPluginError(cause: unknown, host: string, now: Date): PluginError {
  if (cause instanceof OpenAI.APIConnectionError) {
    const code = deepestCode(cause)
    return pluginError('unavailable', `the model server ${host} cannot be reached${code === '' ? '' : ` (${code})`}`)
  }
  if (cause instanceof OpenAI.APIError && typeof cause.status === 'number') return fromStatus(cause.status, cause.headers, { host, now })
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

function fromStatus(status: number, headers: unknown, { host, now }: { readonly host: string; readonly now: Date }): PluginError {
  if (status >= 300 && status < 400) {
    return pluginError(
      'invalid',
      `the model server ${host} redirects (${status}), which is not followed; write the final address into \`base_url\``,
    )
  }
  const advice = ADVICE_BY_STATUS[status]
  const message = `the model server ${host} answered ${status}${advice === undefined ? '' : `: ${advice}`}`
  const waitMs = headers instanceof Headers ? retryAfterMs(headers.get('retry-after'), now) : undefined
  // 402: a retry costs time and cannot help, the owner can.
  const error = pluginError(status === 402 ? 'rejected' : kindOfStatus(status), message)
  return waitMs === undefined || error.kind !== 'unavailable' ? error : { ...error, retryAfterMs: waitMs }
}
