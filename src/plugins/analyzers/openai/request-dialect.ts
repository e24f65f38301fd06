export const STRUCTURED_OUTPUTS = ['json_schema', 'json_object', 'none'] as const
export type StructuredOutput = (typeof STRUCTURED_OUTPUTS)[number]

/** In which of their dialects a server is spoken to. */
export interface RequestDialect {
  readonly structured: StructuredOutput
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens'
  readonly temperature: boolean
}

/**
 * What to try after a 400 or 422, or null when its cause is something else.
 * Each step goes one way, so asking again and again ends.
 * @param complaint the server's words; only searched, never shown.
 */
export function nextDialect(dialect: RequestDialect, complaint: string): RequestDialect | null {
  if (dialect.tokenLimit === 'max_tokens' && /max_completion_tokens/.test(complaint))
    return { ...dialect, tokenLimit: 'max_completion_tokens' }
  if (dialect.temperature && /temperature/.test(complaint)) return { ...dialect, temperature: false }
  const looser = STRUCTURED_OUTPUTS[STRUCTURED_OUTPUTS.indexOf(dialect.structured) + 1]
  if (looser !== undefined && /response_format|json_schema|json_object|structured output|grammar/i.test(complaint))
    return { ...dialect, structured: looser }
  return null
}
