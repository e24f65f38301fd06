import { pluginError, type ErrorKind, type PluginError } from '../../contracts/errors.ts'
import { deepestCode } from '../deepest-code.ts'
import { kindOfStatus, retryAfterMs } from '../http-errors.ts'

/** A request that a service refused, or could not serve. */
export interface Refusal {
  readonly status: number
  /** Its body as JSON, to look for known codes in; never shown. Undefined when it is none. */
  readonly body: unknown
  readonly retryAfter: string | null
}

/** What a service's own error codes say beyond the status. */
export interface Explained {
  readonly kind?: ErrorKind
  /** In our words, after "… answered 400: ". */
  readonly advice?: string
  readonly retryAfterMs?: number
}

export interface Service {
  /** Whom we call, for the owner. */
  readonly host: string
  readonly explain: (refusal: Refusal) => Explained
}

const ADVICE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'the key was not accepted; check the variable that `api_key_env` names',
  402: 'the account has no credit left; top it up',
  403: 'the key may not use this model; check the variable that `api_key_env` names',
  404: 'the model or the address is unknown there; check `model` and `base_url`',
  413: 'the pictures are too large; lower `vlm.preprocessing`',
  429: 'too many requests, or the credit is used up',
  503: 'it is overloaded',
  529: 'it is overloaded',
}

/** Asking again changes none of these: the owner has to. */
const KIND_BY_STATUS: Readonly<Record<number, ErrorKind>> = { 402: 'rejected' }

/** What a refused call means. */
export function fromRefusal(refusal: Refusal, { host, explain }: Service, now: Date): PluginError {
  const { status } = refusal
  if (status >= 300 && status < 400) {
    const advice = 'which is not followed; write the final address into `base_url`'
    return pluginError('invalid', `the model server ${host} redirects (${status}), ${advice}`)
  }
  const explained = explain(refusal)
  const advice = explained.advice ?? ADVICE_BY_STATUS[status]
  const kind = explained.kind ?? KIND_BY_STATUS[status] ?? kindOfStatus(status)
  const error = pluginError(kind, `the model server ${host} answered ${status}${advice === undefined ? '' : `: ${advice}`}`)
  const waitMs = retryAfterMs(refusal.retryAfter, now) ?? explained.retryAfterMs
  return waitMs === undefined || kind !== 'unavailable' ? error : { ...error, retryAfterMs: waitMs }
}

export function unreachable(cause: unknown, host: string): PluginError {
  const code = deepestCode(cause)
  return pluginError('unavailable', `the model server ${host} cannot be reached${code === '' ? '' : ` (${code})`}`)
}
