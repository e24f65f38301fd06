import { z } from 'zod'
import { ActivityTypesSchema, DEFAULT_ACTIVITY_TYPES } from '../../contracts/analysis-prompt.ts'
import type { PluginHost } from '../../contracts/plugin.ts'
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

export const envNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'the name of an environment variable, not the key itself' })

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
