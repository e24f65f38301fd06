import { z } from 'zod'
import { ActivityTypesSchema, DEFAULT_ACTIVITY_TYPES } from '../../contracts/analysis-prompt.ts'
import type { PluginHost } from '../../contracts/plugin.ts'
import { EnvNameSchema } from '../env-name.ts'
import { isPrivateHost } from '../private-host.ts'

const MAX_BASE_PROMPT_CHARS = 10_000

const priceSchema = z.strictObject({
  prompt_usd_per_mtok: z.number().min(0).describe('US dollars per million tokens sent.'),
  completion_usd_per_mtok: z.number().min(0).describe('US dollars per million tokens answered.'),
})

/** The keys that every analyzer with a model behind it has. */
export const PROMPT_KEYS = {
  base_prompt: z
    .string()
    .max(MAX_BASE_PROMPT_CHARS)
    .nullable()
    .default(null)
    .describe('What else the model should mind, in your words. Default: nothing.'),
  activity_types: ActivityTypesSchema.default([...DEFAULT_ACTIVITY_TYPES]).describe(
    'What it may call an activity; `unknown` is always allowed. Default: a list for a front door.',
  ),
  price: priceSchema.nullable().default(null).describe('What tokens cost. Default: unknown, so no costs are recorded.'),
}

/** Where pictures and key go: https, or at home. */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !hasCredentials(url), { error: 'no user or password in the address; the key comes from `api_key_env`' })
  .refine((url) => url.startsWith('https:') || isAtHome(url), {
    error: 'pictures and key would travel unencrypted; use https outside of your network',
  })

export function isAtHome(url: string): boolean {
  return URL.canParse(url) && isPrivateHost(new URL(url).hostname)
}

/** @throws when it is not set: the plugin cannot be built. */
export function secretOf(name: string, { secrets }: Pick<PluginHost, 'secrets'>): string {
  const value = secrets.get(name)
  if (value === undefined) throw new Error(`the environment variable ${name} is not set`)
  return value
}

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}

/** Part of an address: no query, no way up. */
const MODEL_NAME = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/

/** The keys of an analyzer for one cloud service, which is always paid and needs a key. */
export function cloudKeys(service: {
  readonly name: string
  readonly model: string
  readonly baseUrl: string
  readonly maxTokens: number
}) {
  return {
    model: z
      .string()
      .regex(MODEL_NAME, { error: 'the name of a model, such as `' + service.model + '`' })
      .default(service.model)
      .describe(`Which model judges; it must accept pictures. Default: a small one of ${service.name}.`),
    base_url: baseUrlSchema
      .default(service.baseUrl)
      .describe(`Where the service listens, for a gateway that speaks its format. Default: ${service.name}; pictures leave your home.`),
    api_key_env: EnvNameSchema.describe('Environment variable with the key. Required.'),
    ...PROMPT_KEYS,
    max_tokens: z
      .number()
      .int()
      .min(1)
      .max(64_000)
      .default(service.maxTokens)
      .describe('Longest answer in tokens, what the model thinks included. Default: ample; a shorter one may be cut off and is lost.'),
    temperature: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .default(null)
      .describe('How freely it words its answer; models that take none are asked without. Default: as the service decides.'),
  }
}
