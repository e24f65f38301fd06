import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'

/** A call that failed: what to tell the core, and what the next step of a dialogue needs to know. */
export interface ApiFailure {
  readonly error: PluginError
  /** Dropbox's name for it, such as `path/not_found`; empty when it gave none. */
  readonly tag: string
  /** Where an upload session goes on. */
  readonly correctOffset: number | null
  /** Of the answer; null when there was none. */
  readonly status: number | null
}

export interface FailedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const LookupSchema = z.looseObject({ correct_offset: z.int().nonnegative().optional() })
const BodySchema = z.looseObject({
  error_summary: z.string().max(1000).optional().catch(undefined),
  error: z
    .looseObject({
      correct_offset: z.int().nonnegative().optional().catch(undefined),
      lookup_failed: LookupSchema.optional().catch(undefined),
      required_scope: z
        .string()
        .regex(/^[a-z_.]{1,60}$/)
        .optional()
        .catch(undefined),
      retry_after: z.number().nonnegative().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})

/** By any part of the tag, the last one first. Kinds: what a retry can mend is `unavailable`. */
const MEANINGS: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  insufficient_space: ['unavailable', 'the Dropbox account is full; make room in it'],
  too_many_write_operations: ['unavailable', 'too much is being written in this Dropbox at once'],
  too_many_requests: ['unavailable', 'Dropbox wants fewer requests for a while'],
  content_hash_mismatch: ['unavailable', 'a part of the file arrived at Dropbox damaged'],
  incorrect_offset: ['unavailable', 'the upload is out of step with Dropbox'],
  locked: ['unavailable', 'somebody has locked the file in Dropbox'],
  malformed_path: ['invalid', 'Dropbox does not accept this path; check `root` and `path_template`'],
  disallowed_name: ['invalid', 'Dropbox does not take files of this name; check `root` and `path_template`'],
  conflict: ['invalid', 'something else of that name is in the way in Dropbox'],
  not_found: ['invalid', 'the object does not exist in Dropbox'],
  not_file: ['invalid', 'this is a folder in Dropbox'],
  restricted_content: ['invalid', 'Dropbox does not hand this file out, by law'],
  no_write_permission: ['rejected', 'the account may not write in `root`; is it in a shared folder that is read-only?'],
  access_restricted: ['rejected', 'the account may not write in `root`'],
  user_suspended: ['rejected', 'the Dropbox account is suspended'],
  invalid_account_type: ['rejected', 'this kind of Dropbox account may not do that'],
}

/**
 * What an unsuccessful answer means. Dropbox's own words are left out, as they may repeat what we sent.
 * @param tokenAdvice what the owner can do about a token that is not accepted.
 */
export function apiFailure(answer: FailedAnswer, tokenAdvice: string, now: Date): ApiFailure {
  const { error_summary: summary = '', error: details = {} } = parsed(answer.text) ?? {}
  // A number of dots follows, of no meaning.
  const tag = summary.replace(/[/.]+$/, '')
  const error = pluginErrorOf(answer, tag, tokenAdvice)
  const waitMs = retryAfterMs(answer.headers['retry-after'] ?? null, now) ?? inMs(details.retry_after)
  return {
    error: waitMs === undefined || error.kind !== 'unavailable' ? error : { ...error, retryAfterMs: waitMs },
    tag,
    correctOffset: details.correct_offset ?? details.lookup_failed?.correct_offset ?? null,
    status: answer.status,
  }
}

/** A failure that is not an answer of the API. */
export function plainFailure(error: PluginError): ApiFailure {
  return { error, tag: '', correctOffset: null, status: null }
}

/** Whether another token could help. */
export function refusesToken({ tag }: Pick<ApiFailure, 'tag'>): boolean {
  return tag === 'expired_access_token' || tag === 'invalid_access_token'
}

function pluginErrorOf({ status, text }: FailedAnswer, tag: string, tokenAdvice: string): PluginError {
  const words = tag.split('/').toReversed()
  if (words.includes('expired_access_token')) return pluginError('rejected', `the Dropbox token has expired; ${tokenAdvice}`)
  // A token that is no token at all is answered with 400, in prose.
  const malformed = status === 400 && text.includes('access token is malformed')
  if (malformed || words.includes('invalid_access_token'))
    return pluginError('rejected', `Dropbox does not accept the token; ${tokenAdvice}`)
  if (words.includes('missing_scope')) return missingScope(parsed(text)?.error?.required_scope)
  for (const word of words) {
    const meaning = MEANINGS[word]
    if (meaning !== undefined) return pluginError(...meaning)
  }
  return byStatus(status, tokenAdvice)
}

function missingScope(scope: string | undefined): PluginError {
  const permission = scope === undefined ? 'a permission it needs' : `the permission ${scope}`
  return pluginError(
    'rejected',
    `the Dropbox app lacks ${permission}: tick it under Permissions in the App Console, press Submit, and make a new token`,
  )
}

function byStatus(status: number, tokenAdvice: string): PluginError {
  if (status === 401) return pluginError('rejected', `Dropbox does not accept the token; ${tokenAdvice}`)
  if (status === 403) return pluginError('rejected', 'the Dropbox account or app may not do that')
  if (status === 429) return pluginError('unavailable', 'Dropbox wants fewer requests for a while')
  return pluginError(kindOfStatus(status), `Dropbox answered ${status}`)
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

function parsed(text: string): z.output<typeof BodySchema> | undefined {
  try {
    return BodySchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
