import OpenAI from 'openai'
import { analysisJsonSchema } from '../../../contracts/analysis-prompt.ts'
import type { PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { Question, Reply, VisionModel } from '../../../lib/vlm/vision-model.ts'
import { complaintOf, toPluginError } from './call-error.ts'
import { toMessages, type MessageOptions } from './messages.ts'
import { readReply } from './reply.ts'
import { nextDialect, type RequestDialect, type StructuredOutput } from './request-dialect.ts'

export interface ChatClientConfig extends Pick<MessageOptions, 'detail'> {
  readonly model: string
  readonly base_url: string
  readonly activity_types: readonly string[]
  readonly max_tokens: number
  readonly temperature: number | null
  readonly structured_output: StructuredOutput
}

/** Ours are the deadlines and the retries; the SDK only speaks the protocol. */
const NEVER_MS = 24 * 60 * 60 * 1000

/** Speaks with one chat-completions server, in the dialect it turns out to understand. */
export class ChatClient implements VisionModel {
  readonly limits = null
  readonly #config: ChatClientConfig
  readonly #host: Pick<PluginHost, 'clock' | 'log'>
  readonly #serverHost: string
  readonly #sdk: OpenAI
  #dialect: RequestDialect

  constructor(config: ChatClientConfig, apiKey: string | null, host: Pick<PluginHost, 'clock' | 'log'>) {
    this.#config = config
    this.#host = host
    this.#serverHost = new URL(config.base_url).host
    this.#dialect = { structured: config.structured_output, tokenLimit: 'max_tokens', temperature: config.temperature !== null }
    this.#sdk = new OpenAI({
      baseURL: config.base_url,
      apiKey: apiKey ?? 'none',
      ...(apiKey === null ? { defaultHeaders: { authorization: null } } : {}),
      // Null, not absent: absent ones are read from the environment.
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: NEVER_MS,
      logLevel: 'off',
      // A redirect would carry pictures and key to where the owner did not send them.
      fetchOptions: { redirect: 'manual' },
    })
  }

  /** One completion. A dialect the server refuses is exchanged for the next, and the choice remembered. */
  async ask(question: Question, signal: AbortSignal): Promise<Result<Reply, PluginError>> {
    let dialect = this.#dialect
    for (;;) {
      try {
        const body: unknown = await this.#sdk.chat.completions.create(this.#params(question, dialect), { signal })
        this.#adopt(dialect)
        return readReply(body)
      } catch (cause) {
        const next = nextDialect(dialect, complaintOf(cause))
        if (next === null) return err(toPluginError(cause, this.#serverHost, this.#host.clock.now()))
        dialect = next
      }
    }
  }

  /** Lists the models: proves address and key, costs nothing. */
  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    try {
      await this.#sdk.models.list({ signal })
      return ok()
    } catch (cause) {
      // Many small servers have only the one route; this one at least answers.
      if (cause instanceof OpenAI.NotFoundError) return ok()
      return err(toPluginError(cause, this.#serverHost, this.#host.clock.now()))
    }
  }

  #params(question: Question, dialect: RequestDialect): OpenAI.ChatCompletionCreateParamsNonStreaming {
    const { model, activity_types, max_tokens, temperature, detail } = this.#config
    const schemaInWordsFor = dialect.structured === 'json_schema' ? null : activity_types
    return {
      model,
      messages: toMessages(question, { detail, schemaInWordsFor }),
      [dialect.tokenLimit]: max_tokens,
      ...(dialect.temperature ? { temperature } : {}),
      ...responseFormat(dialect.structured, activity_types),
    }
  }

  #adopt(dialect: RequestDialect): void {
    if (dialect === this.#dialect) return
    this.#dialect = dialect
    this.#host.log.info({ event_type: 'vlm_dialect_changed', ...dialect }, 'the model server refused a feature; going on without it')
  }
}

function responseFormat(
  structured: StructuredOutput,
  activityTypes: readonly string[],
): Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'response_format'> {
  switch (structured) {
    case 'json_schema':
      return {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'clip_analysis', strict: true, schema: analysisJsonSchema(activityTypes) },
        },
      }
    case 'json_object':
      return { response_format: { type: 'json_object' } }
    case 'none':
      return {}
  }
}
