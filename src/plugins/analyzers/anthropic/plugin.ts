import { z } from 'zod'
import { definePlugin } from '../../../contracts/plugin.ts'
import { ModelAnalyzer } from '../../../lib/vlm/model-analyzer.ts'
import { cloudKeys, secretOf } from '../../../lib/vlm/model-config.ts'

export const anthropicAnalyzer = definePlugin({
  kind: 'analyzer',
  name: 'anthropic',
  config: z.strictObject(
    cloudKeys({ name: 'Anthropic', model: 'claude-haiku-5-5', baseUrl: 'https://api.anthropic.com/v1', maxTokens: 4000 }),
  ),
  async create(config, host) {
    const apiKey = secretOf(config.api_key_env, host)
    const { createAnthropicModel } = await import('./anthropic-model.ts')
    return new ModelAnalyzer(config, createAnthropicModel(config, apiKey, host))
  },
})
