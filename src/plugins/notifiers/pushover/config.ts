import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { ServiceUrlSchema } from '../../../lib/service-url.ts'

const priority = z.union([z.literal(-2), z.literal(-1), z.literal(0), z.literal(1), z.literal(2)])
export type Priority = z.output<typeof priority>

const PrioritiesSchema = z.strictObject({
  unjudged: priority.default(0).describe('Not judged (yet), first alerts among them. Default 0: as the phone is set.'),
  low: priority.default(-1).describe('Default -1: no sound.'),
  medium: priority.default(0).describe('Default 0.'),
  high: priority.default(0).describe('Default 0.'),
  critical: priority.default(1).describe("Default 1: sounds through Pushover's quiet hours. 2 repeats until somebody confirms it."),
})

const EmergencySchema = z.strictObject({
  retry_s: z.number().int().min(30).max(10_800).default(60).describe('Seconds between repeats. Default 60; less than 30 is not allowed.'),
  expire_s: z.number().int().min(30).max(10_800).default(1800).describe('Seconds after which repeating ends. Default half an hour.'),
})

export const PushoverConfigSchema = z.strictObject({
  token_env: EnvNameSchema.describe('Environment variable with the API token of an application of yours, from https://pushover.net/apps.'),
  user_env: EnvNameSchema.describe('Environment variable with the user key, or the key of a group.'),
  devices: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,25}$/, 'the name of a device: at most 25 of A-Z, a-z, 0-9, _ and -'))
    .max(20)
    .default([])
    .describe('Names of the devices that get it. Default: all of the user.'),
  priorities: PrioritiesSchema.prefault({}).describe('From -2, no notification, to 2, an emergency; by the risk of the alert.'),
  emergency: EmergencySchema.prefault({}).describe('How messages of priority 2 are repeated.'),
  sound: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,30}$/, 'the name of a sound, e.g. pushover, siren, or one you uploaded')
    .optional()
    .describe('Name of the sound. Default: what the user has chosen.'),
  ttl_s: z
    .number()
    .int()
    .min(1)
    .max(31_536_000)
    .optional()
    .describe('Seconds after which a message vanishes by itself. Default: it stays.'),
  include_thumbnail: z.boolean().default(true).describe('Send the picture along. Default true; false keeps pictures at home.'),
  withdrawals: z
    .boolean()
    .default(false)
    .describe('Also send a quiet message when a first alert turned out to be harmless. Default false: nobody hears about nothing.'),
  system: z
    .boolean()
    .default(true)
    .describe('Also send news about HomeSec itself. Default true; with false a digest of held back alerts still comes.'),
  timeout_s: z.number().positive().max(300).default(15).describe('How long sending one message may take. Default 15.'),
  base_url: ServiceUrlSchema.default('https://api.pushover.net').describe(
    'Another address of the API, such as a proxy of yours. Default https://api.pushover.net.',
  ),
})
export type PushoverConfig = Readonly<z.output<typeof PushoverConfigSchema>>
