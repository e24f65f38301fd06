import type { LanguageModelV3, LanguageModelV3GenerateResult, LanguageModelV3Message } from '@ai-sdk/provider'
import { z } from 'zod'
import { analysisJsonSchema } from '../../contracts/analysis-prompt.ts'
import type { Clock } from '../../contracts/clock.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { PictureLimits } from '../vlm/fit-pictures.ts'
import type { Question, Reply, Tokens, VisionModel } from '../vlm/vision-model.ts'
import { fromRefusal, unreachable, type Service } from '../vlm/refusal.ts'
import { readJson, toPluginError } from './service-error.ts'

export interface AiSdkConfig {
  readonly activity_types: readonly string[]
  readonly max_tokens: number
  readonly temperature: number | null
}

export interface AiSdkService extends Service {
  readonly limits: PictureLimits
  /** Describes the model; costs nothing. */
  readonly modelUrl: string
  readonly headers: Readonly<Record<string, string>>
}

/** A redirect would carry pictures and key to where the owner did not send them. */
export const fetchWithoutRedirects: typeof globalThis.fetch = (input, init) => fetch(input, { ...init, redirect: 'manual' })

/** A provider of the AI SDK, called directly: it speaks the wire format; deadlines, retries and repair are ours. */
export class AiSdkModel implements VisionModel {
  readonly #model: LanguageModelV3
  readonly #config: AiSdkConfig
  readonly #service: AiSdkService
  readonly #clock: Pick<Clock, 'now'>

  constructor(model: LanguageModelV3, config: AiSdkConfig, service: AiSdkService, clock: Pick<Clock, 'now'>) {
    this.#model = model
    this.#config = config
    this.#service = service
    this.#clock = clock
  }

  get limits(): PictureLimits {
    return this.#service.limits
  }

  async ask(question: Question, signal: AbortSignal): Promise<Result<Reply, PluginError>> {
    const { max_tokens, temperature, activity_types } = this.#config
    try {
      const generated = await this.#model.doGenerate({
        prompt: toPrompt(question),
        maxOutputTokens: max_tokens,
        ...(temperature === null ? {} : { temperature }),
        responseFormat: { type: 'json', name: 'clip_analysis', schema: analysisJsonSchema(activity_types) },
        abortSignal: signal,
      })
      return ok(toReply(generated))
    } catch (cause) {
      if (signal.aborted) return err(pluginError('cancelled', 'the request was dropped'))
      return err(toPluginError(cause, this.#service, this.#clock.now()))
    }
  }

  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    const { modelUrl, headers, host } = this.#service
    try {
      const response = await fetchWithoutRedirects(modelUrl, { headers, signal })
      const text = await response.text()
      if (response.ok) return ok()
      const refusal = { status: response.status, body: readJson(text), retryAfter: response.headers.get('retry-after') }
      return err(fromRefusal(refusal, this.#service, this.#clock.now()))
    } catch (cause) {
      return err(signal.aborted ? pluginError('cancelled', 'the request was dropped') : unreachable(cause, host))
    }
  }
}

function toPrompt({ instructions, parts }: Question): LanguageModelV3Message[] {
  const content = parts.map((part) =>
    'text' in part ? { type: 'text' as const, text: part.text } : { type: 'file' as const, mediaType: 'image/jpeg', data: part.jpeg },
  )
  return [
    { role: 'system', content: instructions },
    { role: 'user', content },
  ]
}

function toReply({ content, finishReason, usage }: LanguageModelV3GenerateResult): Reply {
  return {
    // What it thought is no part of the answer.
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    truncated: finishReason.unified === 'length',
    refused: finishReason.unified === 'content-filter',
    tokens: tokensOf(usage),
  }
}

const count = z.number().int().nonnegative()
const CountsSchema = z.object({ inputTokens: z.object({ total: count }), outputTokens: z.object({ total: count }) })

function tokensOf(usage: LanguageModelV3GenerateResult['usage']): Tokens | null {
  const counts = CountsSchema.safeParse(usage)
  if (!counts.success) return null
  return { prompt_tokens: counts.data.inputTokens.total, completion_tokens: counts.data.outputTokens.total }
}
