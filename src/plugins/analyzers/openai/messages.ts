import type OpenAI from 'openai'
import { schemaInWords } from '../../../lib/vlm/questions.ts'
import type { Question } from '../../../lib/vlm/vision-model.ts'

export interface MessageOptions {
  readonly detail: 'low' | 'high' | 'auto'
  /** For a server that is not given the schema as such: what the answer may name as its activity. */
  readonly schemaInWordsFor: readonly string[] | null
}

/** The question as a conversation. */
export function toMessages({ instructions, parts }: Question, options: MessageOptions): OpenAI.ChatCompletionMessageParam[] {
  const { detail, schemaInWordsFor } = options
  const [first] = parts
  const isOneText = parts.length === 1 && first !== undefined && 'text' in first
  const content = parts.map((part): OpenAI.ChatCompletionContentPart =>
    'text' in part
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${Buffer.from(part.jpeg).toString('base64')}`, detail } },
  )
  return [
    { role: 'system', content: schemaInWordsFor === null ? instructions : `${instructions}\n\n${schemaInWords(schemaInWordsFor)}` },
    // Small servers know plain text best.
    { role: 'user', content: isOneText ? first.text : content },
  ]
}
