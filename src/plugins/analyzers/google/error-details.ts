import { z } from 'zod'
import type { Explained, Refusal } from '../../../lib/vlm/refusal.ts'

const REASONS_OF_THE_KEY = ['API_KEY_INVALID', 'API_KEY_EXPIRED', 'API_KEY_SERVICE_BLOCKED']

const ErrorSchema = z.object({
  error: z.object({
    status: z.string().catch(''),
    details: z
      .array(z.object({ reason: z.string().optional().catch(undefined), retryDelay: z.string().optional().catch(undefined) }))
      .catch([]),
  }),
})

/**
 * What Google's details say beyond the status: a wrong key comes as 400, and how long to wait stands in the body.
 * https://ai.google.dev/gemini-api/docs/generate-content/api-errors, google.rpc.ErrorInfo and google.rpc.RetryInfo
 */
export function explainGoogleError({ status, body }: Refusal): Explained {
  const parsed = ErrorSchema.safeParse(body)
  if (!parsed.success) return {}
  const { status: code, details } = parsed.data.error
  if (details.some(({ reason }) => reason !== undefined && REASONS_OF_THE_KEY.includes(reason))) {
    return { kind: 'rejected', advice: 'the key was not accepted; check the variable that `api_key_env` names' }
  }
  if (status === 400 && code === 'FAILED_PRECONDITION') {
    return { kind: 'rejected', advice: 'the key may not be used from your country without billing' }
  }
  const waitMs = details.map(({ retryDelay }) => durationMs(retryDelay)).find((ms) => ms !== undefined)
  return waitMs === undefined ? {} : { retryAfterMs: waitMs }
}

/** `12s` or `12.5s`, as google.protobuf.Duration is written in JSON. */
function durationMs(duration: string | undefined): number | undefined {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(duration ?? '')?.[1]
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}
