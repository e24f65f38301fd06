import { createAnthropic } from '@ai-sdk/anthropic'
import { z } from 'zod'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { AiSdkModel, fetchWithoutRedirects, type AiSdkConfig } from '../../../lib/ai-sdk/ai-sdk-model.ts'
import type { Explained, Refusal } from '../../../lib/vlm/refusal.ts'
import type { PictureLimits } from '../../../lib/vlm/fit-pictures.ts'
import type { VisionModel } from '../../../lib/vlm/vision-model.ts'

const MB = 1024 * 1024
const API_VERSION = '2023-06-01'

/** https://platform.claude.com/docs/en/build-with-claude/vision: of its larger and smaller models, what both take. */
export const ANTHROPIC_LIMITS: PictureLimits = {
  maxPictures: 100,
  maxPictureBytes: 5 * MB,
  maxAllBytes: 30 * MB, // a request may have 32 MB, text included
  maxSidePx: 8000,
  whenMany: { over: 20, maxSidePx: 2000 },
}

export interface AnthropicConfig extends AiSdkConfig {
  readonly model: string
  readonly base_url: string
}

export function createAnthropicModel(config: AnthropicConfig, apiKey: string, { clock }: Pick<PluginHost, 'clock'>): VisionModel {
  const baseURL = config.base_url.replace(/\/+$/, '')
  const provider = createAnthropic({ baseURL, apiKey, fetch: fetchWithoutRedirects })
  const service = {
    host: new URL(baseURL).host,
    explain,
    limits: ANTHROPIC_LIMITS,
    modelUrl: `${baseURL}/models/${encodeURIComponent(config.model)}`,
    headers: { 'x-api-key': apiKey, 'anthropic-version': API_VERSION },
  }
  return new AiSdkModel(provider(config.model), config, service, clock)
}

const ErrorSchema = z.object({ error: z.object({ type: z.string(), message: z.string() }) })

/** An account without credit is told as a bad request. */
function explain({ status, body }: Refusal): Explained {
  const parsed = ErrorSchema.safeParse(body)
  if (!parsed.success || status !== 400) return {}
  const isAboutMoney = /credit balance|spend limit|usage limits/i.test(parsed.data.error.message)
  return isAboutMoney ? { kind: 'rejected', advice: 'the account has no credit left, or reached a limit set for it' } : {}
}
