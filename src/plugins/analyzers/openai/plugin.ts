import { z } from 'zod'
import { ActivityTypesSchema, DEFAULT_ACTIVITY_TYPES } from '../../../contracts/analysis-prompt.ts'
import { definePlugin } from '../../../contracts/plugin.ts'
import { isPrivateHost } from '../../../lib/private-host.ts'

const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

const baseUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !hasCredentials(url), { error: 'no user or password in the address; the key comes from `api_key_env`' })
  .refine((url) => url.startsWith('https:') || isAtHome(url), {
    error: 'pictures and key would travel unencrypted; use https outside of your network',
  })

const price = z.strictObject({
  prompt_usd_per_mtok: z.number().min(0).describe('US dollars per million tokens sent.'),
  completion_usd_per_mtok: z.number().min(0).describe('US dollars per million tokens answered.'),
})

export const openaiAnalyzer = definePlugin({
  kind: 'analyzer',
  name: 'openai',
  config: z
    .strictObject({
      model: z
        .string()
        .min(1)
        .default('gpt-4o-mini')
        .describe('Which model judges; it must accept pictures. Default: a cheap one of OpenAI.'),
      base_url: baseUrl
        .default(DEFAULT_BASE_URL)
        .describe(
          'Where an OpenAI-compatible server listens, e.g. `http://localhost:11434/v1` for Ollama. Default: OpenAI; pictures leave your home.',
        ),
      api_key_env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'the name of an environment variable, not the key itself' })
        .nullable()
        .default(null)
        .describe('Environment variable with the key. Default: none is sent, which only servers in your own network accept.'),
      base_prompt: z
        .string()
        .max(10_000)
        .nullable()
        .default(null)
        .describe('What else the model should mind, in your words. Default: nothing.'),
      activity_types: ActivityTypesSchema.default([...DEFAULT_ACTIVITY_TYPES]).describe(
        'What it may call an activity; `unknown` is always allowed. Default: a list for a front door.',
      ),
      max_tokens: z
        .number()
        .int()
        .min(1)
        .default(1500)
        .describe('Longest answer, in tokens. Default: ample; models that think first need more.'),
      temperature: z
        .number()
        .min(0)
        .max(2)
        .nullable()
        .default(null)
        .describe('How freely it words its answer. Default: as the server decides.'),
      price: price.nullable().default(null).describe('What tokens cost. Default: unknown, so no costs are recorded.'),
      structured_output: z
        .enum(['json_schema', 'json_object', 'none'])
        .default('json_schema')
        .describe('How the answer is held to its form. Default: the strictest; when the server refuses it, the next one is taken.'),
      detail: z
        .enum(['low', 'high', 'auto'])
        .default('auto')
        .describe('How closely pictures are looked at; `high` costs more tokens. Default: as the model decides.'),
    })
    .superRefine(({ api_key_env, base_url }, context) => {
      if (api_key_env !== null || isAtHome(base_url)) return
      context.addIssue({
        code: 'custom',
        path: ['api_key_env'],
        message: `needed for ${base_url}: the environment variable that holds the key`,
      })
    }),
  async create(config, host) {
    const apiKey = config.api_key_env === null ? null : host.secrets.get(config.api_key_env)
    if (apiKey === undefined) throw new Error(`the environment variable ${config.api_key_env ?? ''} is not set`)
    const { createOpenaiAnalyzer } = await import('./openai-analyzer.ts')
    return createOpenaiAnalyzer(config, apiKey, host)
  },
})

function isAtHome(url: string): boolean {
  return URL.canParse(url) && isPrivateHost(new URL(url).hostname)
}

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}
