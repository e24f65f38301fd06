import { z } from 'zod'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { kindOfStatus } from '../../../lib/http-errors.ts'
import type { Reply } from '../../../lib/vlm/vision-model.ts'

const count = z.number().int().nonnegative()
const ContentSchema = z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish()
const CompletionSchema = z.object({
  choices: z.array(
    z.object({
      finish_reason: z.string().nullish(),
      message: z.object({ content: ContentSchema, refusal: z.string().nullish() }),
    }),
  ),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish().catch(null),
})
/** Some gateways report the failure of the server behind them with status 200. */
const GatewayErrorSchema = z.object({ error: z.object({ code: z.number().int().optional().catch(undefined) }) })

/** Reads the body of a chat completion, which any server may have written. */
export function readReply(body: unknown): Result<Reply, PluginError> {
  const gatewayError = GatewayErrorSchema.safeParse(body)
  if (gatewayError.success) return err(fromGateway(gatewayError.data.error.code))
  const completion = CompletionSchema.safeParse(body)
  if (!completion.success)
    return err(pluginError('invalid', 'the model server does not answer in the chat-completions format; is `base_url` right?'))
  const choice = completion.data.choices[0]
  if (choice === undefined) return err(pluginError('invalid', 'the model server sent an empty answer'))
  const { usage } = completion.data
  return ok({
    text: plainText(choice.message.content),
    refused: isGiven(choice.message.refusal) || choice.finish_reason === 'content_filter',
    truncated: choice.finish_reason === 'length',
    tokens:
      usage === null || usage === undefined ? null : { prompt_tokens: usage.prompt_tokens, completion_tokens: usage.completion_tokens },
  })
}

function fromGateway(status: number | undefined): PluginError {
  return status === undefined
    ? pluginError('unavailable', 'the model server reports a failure')
    : pluginError(kindOfStatus(status), `the model server reports a failure (${status})`)
}

function isGiven(text: string | null | undefined): boolean {
  return text !== undefined && text !== null && text !== ''
}

function plainText(content: z.infer<typeof ContentSchema>): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}
