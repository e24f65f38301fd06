import type { PluginError } from '../../contracts/errors.ts'
import type { Result } from '../../contracts/result.ts'
import type { PictureLimits } from './fit-pictures.ts'

export type QuestionPart = { readonly text: string } | { readonly jpeg: Uint8Array }

/** What a model is asked: what it is told once, then what it looks at, in order. */
export interface Question {
  readonly instructions: string
  readonly parts: readonly QuestionPart[]
}

export interface Tokens {
  readonly prompt_tokens: number
  readonly completion_tokens: number
}

export interface Reply {
  readonly text: string
  /** Stopped by the token limit. */
  readonly truncated: boolean
  /** It will not judge; the answer is paid for all the same. */
  readonly refused: boolean
  /** Null when the server does not count. */
  readonly tokens: Tokens | null
}

/** A model behind some wire format. Its errors are in our own words; an aborted call may return any. */
export interface VisionModel {
  /** What it takes in one request; null where nobody says. */
  readonly limits: PictureLimits | null
  /** One answer, held to the form of an analysis where the server can. */
  ask(question: Question, signal: AbortSignal): Promise<Result<Reply, PluginError>>
  /** Proves address and key without spending tokens. */
  ping(signal: AbortSignal): Promise<Result<void, PluginError>>
}
