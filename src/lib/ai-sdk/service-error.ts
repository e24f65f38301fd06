import { APICallError } from '@ai-sdk/provider'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { fromRefusal, unreachable, type Service } from '../vlm/refusal.ts'

/**
 * What a failed call means. The service's own words are left out, and so is the exception: they may repeat the key or the pictures.
 */
export function toPluginError(cause: unknown, service: Service, now: Date): PluginError {
  const { host } = service
  if (!APICallError.isInstance(cause)) return pluginError('bug', `the call to the model server ${host} failed in an unknown way`)
  const { statusCode } = cause
  if (statusCode === undefined) return unreachable(cause, host)
  if (statusCode < 300) return unreadable(cause, host)
  return fromRefusal({ status: statusCode, body: readJson(cause.responseBody), retryAfter: headerOf(cause, 'retry-after') }, service, now)
}

/** A good status, and then no answer: the body broke off, or is something else. */
function unreadable(cause: APICallError, host: string): PluginError {
  const isWhole = cause.responseBody !== undefined
  return isWhole
    ? pluginError('invalid', `the model server ${host} does not answer in the format of its service; is \`base_url\` right?`)
    : pluginError('unavailable', `the connection to the model server ${host} broke off`)
}

export function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

function headerOf(cause: APICallError, name: string): string | null {
  return cause.responseHeaders?.[name] ?? null
}
