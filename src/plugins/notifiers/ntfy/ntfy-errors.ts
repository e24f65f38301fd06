import { z } from 'zod'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { HttpAnswer } from '../../../lib/http-call.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'

const RefusalSchema = z.object({ code: z.number().int() })

/** Attachments not allowed, attachment too large, daily bandwidth used up: https://github.com/binwiederhier/ntfy/blob/main/server/errors.go */
const NO_PICTURE = [40014, 41301, 42905]
const INVALID_PRIORITY = 40007

/** ntfy's own number for what was wrong, or null. */
export function codeOfRefusal({ body }: HttpAnswer): number | null {
  try {
    return RefusalSchema.safeParse(JSON.parse(body)).data?.code ?? null
  } catch {
    return null
  }
}

/** Whether the same message would be taken without its picture. */
export function refusesPicture(answer: HttpAnswer): boolean {
  return answer.status === 413 || NO_PICTURE.includes(codeOfRefusal(answer) ?? 0)
}

/** Whether a message with a wrong priority was refused for that, which is after the right to write was checked. */
export function refusesPriority(answer: HttpAnswer): boolean {
  return answer.status === 400 && codeOfRefusal(answer) === INVALID_PRIORITY
}

/** @param credentials the config keys they are in, or null when there are none. */
export function ntfyError(answer: HttpAnswer, credentials: string | null, now: Date): PluginError {
  const error = inWords(answer, credentials)
  const waitMs = retryAfterMs(answer.retryAfter, now)
  return waitMs === undefined || error.kind !== 'unavailable' ? error : { ...error, retryAfterMs: waitMs }
}

function inWords(answer: HttpAnswer, credentials: string | null): PluginError {
  const { status } = answer
  const missing = 'set token_env, or username_env and password_env'
  if (status === 401)
    return pluginError('rejected', `ntfy does not know the credentials (401): ${credentials === null ? missing : `check ${credentials}`}`)
  if (status === 403) {
    const advice = credentials === null ? missing : `give the account of ${credentials} the right to write to it`
    return pluginError('rejected', `ntfy does not let us write to the topic (403): ${advice}`)
  }
  if (status === 404) return pluginError('invalid', 'there is no ntfy at this address (404): check url')
  if (status >= 200 && status < 300) return pluginError('unavailable', `what answered is not ntfy (status ${status}): check url`)
  if (status < 400)
    return pluginError('invalid', `ntfy answered with a redirect (${status}), which is not followed; put the final address into url`)
  const code = codeOfRefusal(answer)
  return pluginError(kindOfStatus(status), `ntfy answered with status ${status}${code === null ? '' : ` (code ${code})`}`)
}
