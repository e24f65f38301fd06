import { z } from 'zod'
import { definePlugin } from '../../../contracts/plugin.ts'
import { ModelAnalyzer } from '../../../lib/vlm/model-analyzer.ts'
import { cloudKeys, secretOf } from '../../../lib/vlm/model-config.ts'

export const googleAnalyzer = definePlugin({
  kind: 'analyzer',
  name: 'google',
  config: z.strictObject(
    cloudKeys({
      name: 'Google',
      model: 'gemini-3.5-flash-lite',
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
      maxTokens: 4000,
    }),
  ),
  async create(config, host) {
    const apiKey = secretOf(config.api_key_env, host)
    const { createGoogleModel } = await import('./google-model.ts')
    return new ModelAnalyzer(config, createGoogleModel(config, apiKey, host))
  },
})
