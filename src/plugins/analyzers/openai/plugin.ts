import { z } from 'zod'
import { definePlugin } from '../../../contracts/plugin.ts'
import { ModelAnalyzer } from '../../../lib/vlm/model-analyzer.ts'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { baseUrlSchema, isAtHome, PROMPT_KEYS, secretOf } from '../../../lib/vlm/model-config.ts'

const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

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
      base_url: baseUrlSchema
        .default(DEFAULT_BASE_URL)
        .describe(
          'Where an OpenAI-compatible server listens, e.g. `http://localhost:11434/v1` for Ollama. Default: OpenAI; pictures leave your home.',
        ),
      api_key_env: EnvNameSchema.nullable()
        .default(null)
        .describe('Environment variable with the key. Default: none is sent, which only servers in your own network accept.'),
      ...PROMPT_KEYS,
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
    const apiKey = config.api_key_env === null ? null : secretOf(config.api_key_env, host)
    const { ChatClient } = await import('./chat-client.ts')
    return new ModelAnalyzer(config, new ChatClient(config, apiKey, host))
  },
})
