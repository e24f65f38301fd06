import { createGoogleGenerativeAI } from '@ai-sdk/google'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { AiSdkModel, fetchWithoutRedirects, type AiSdkConfig } from '../../../lib/ai-sdk/ai-sdk-model.ts'
import type { PictureLimits } from '../../../lib/vlm/fit-pictures.ts'
import type { VisionModel } from '../../../lib/vlm/vision-model.ts'
import { explainGoogleError } from './error-details.ts'

const MB = 1_000_000

/** https://ai.google.dev/gemini-api/docs/image-understanding */
export const GOOGLE_LIMITS: PictureLimits = {
  maxPictures: 3000,
  maxPictureBytes: 7 * MB,
  maxAllBytes: 19 * MB, // a request with its pictures inside may have 20 MB, text included
  maxSidePx: Infinity,
  whenMany: null,
}

export interface GoogleConfig extends AiSdkConfig {
  readonly model: string
  readonly base_url: string
}

export function createGoogleModel(config: GoogleConfig, apiKey: string, { clock }: Pick<PluginHost, 'clock'>): VisionModel {
  const baseURL = config.base_url.replace(/\/+$/, '')
  const provider = createGoogleGenerativeAI({ baseURL, apiKey, fetch: fetchWithoutRedirects })
  const service = {
    host: new URL(baseURL).host,
    explain: explainGoogleError,
    limits: GOOGLE_LIMITS,
    modelUrl: `${baseURL}/${config.model.includes('/') ? config.model : `models/${config.model}`}`,
    headers: { 'x-goog-api-key': apiKey },
  }
  return new AiSdkModel(provider(config.model), config, service, clock)
}
