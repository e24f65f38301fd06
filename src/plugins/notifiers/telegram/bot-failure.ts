import { z } from 'zod'
import { pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'
import type { HttpAnswer } from '../../../lib/http-call.ts'

/** Refusals that have an answer other than giving up. */
export type Reason = 'picture' | 'button' | 'same' | 'gone' | 'undeletable'

export interface BotFailure {
  readonly reason: Reason | null
  /** The group became a supergroup, which has a number of its own. */
  readonly migratedTo: string | null
  readonly error: PluginError
}

/** How the owner finds what is wrong. */
export interface ConfigKeys {
  /** The environment variable with the token. */
  readonly token: string
  /** `chat_id`, or the environment variable with it. */
  readonly chat: string
}

export const AnswerSchema = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  description: z.string().default(''),
  parameters: z.object({ migrate_to_chat_id: z.number().int().optional(), retry_after: z.number().nonnegative().optional() }).default({}),
})
export type BotAnswer = z.output<typeof AnswerSchema>

/** By the descriptions that Telegram gives with status 400: it has no other code for them. */
const REASONS: ReadonlyArray<readonly [RegExp, Reason]> = [
  [/message is not modified/i, 'same'],
  [/message can't be deleted/i, 'undeletable'],
  [/message to (edit|delete) not found|MESSAGE_ID_INVALID|there is no (text|caption)|message can't be edited/i, 'gone'],
  [/button.*url|BUTTON_URL_INVALID|wrong http url/i, 'button'],
  [/PHOTO_|IMAGE_|too big for a photo|file is too big|wrong (file|type)/i, 'picture'],
]

const HELP: ReadonlyArray<readonly [RegExp, ErrorKind, (keys: ConfigKeys) => string]> = [
  [
    /chat not found|PEER_ID_INVALID|user not found/i,
    'invalid',
    ({ chat }) => `the bot knows no such chat: write to the bot or add it to the group first, then check ${chat}`,
  ],
  [/thread not found|TOPIC_(CLOSED|DELETED|ID_INVALID)/i, 'invalid', () => 'the group has no such topic, or it is closed: check thread_id'],
  [
    /not enough rights|WRITE_FORBIDDEN|administrator|RESTRICTED/i,
    'rejected',
    ({ chat }) => `the bot may not write to the chat of ${chat}: give it the right to`,
  ],
  [/bot was blocked/i, 'rejected', () => 'the bot was blocked: open its chat in Telegram and unblock it'],
  [/kicked|not a member/i, 'rejected', ({ chat }) => `the bot is not in the chat of ${chat}: add it again`],
  [/can't initiate|deactivated/i, 'rejected', ({ chat }) => `the bot may not write to the chat of ${chat}: write to the bot first`],
]

/** What an answer other than ok means. `answer` is null when it was not the Bot API's JSON. Telegram's words are judged, never repeated. */
export function botFailure(http: HttpAnswer, answer: BotAnswer | null, keys: ConfigKeys, now: Date): BotFailure {
  const { description = '', parameters } = answer ?? {}
  const error = inWords(http.status, description, keys)
  const seconds = parameters?.retry_after
  const waitMs = seconds === undefined ? retryAfterMs(http.retryAfter, now) : seconds * 1000
  return {
    reason: reasonOf(http.status, description),
    migratedTo: parameters?.migrate_to_chat_id?.toString() ?? null,
    error: waitMs === undefined || error.kind !== 'unavailable' ? error : { ...error, retryAfterMs: waitMs },
  }
}

function reasonOf(status: number, description: string): Reason | null {
  if (status === 413) return 'picture'
  return status === 400 ? (REASONS.find(([pattern]) => pattern.test(description))?.[1] ?? null) : null
}

function inWords(status: number, description: string, keys: ConfigKeys): PluginError {
  if (status === 401 || status === 404) {
    const alternative = status === 404 ? ', or that api_url is no Bot API server' : ''
    return pluginError('rejected', `Telegram does not know the bot (${status}): check the token in ${keys.token}${alternative}`)
  }
  const help = status === 400 || status === 403 ? HELP.find(([pattern]) => pattern.test(description)) : undefined
  if (help !== undefined) return pluginError(help[1], help[2](keys))
  if (status < 400) return pluginError('unavailable', `what answered is not the Bot API (status ${status}): check api_url`)
  return pluginError(kindOfStatus(status), `Telegram answered with status ${status}`)
}
