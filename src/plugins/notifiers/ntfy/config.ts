import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { ServiceUrlSchema } from '../../../lib/service-url.ts'

const priority = z.number().int().min(1).max(5)

const TOPIC = /^[-_A-Za-z0-9]{1,64}$/
export const TOPIC_RULE = '1 to 64 letters, digits, - and _'

export const isTopic = (value: string) => TOPIC.test(value)

const PrioritySchema = z.strictObject({
  low: priority.default(2).describe('Default 2: no sound.'),
  medium: priority.default(3).describe('Default 3: the usual sound.'),
  high: priority.default(4).describe('Default 4: pops up.'),
  critical: priority.default(5).describe('Default 5: pops up and vibrates long.'),
  unknown: priority.default(3).describe('For an alert that is not judged, or not yet. Default 3.'),
})

export const NtfyConfigSchema = z
  .strictObject({
    url: ServiceUrlSchema.default('https://ntfy.sh').describe(
      'Default the public server, whose operator can read what you send; for your own, its address. https, at home http too.',
    ),
    topic: z
      .string()
      .refine(isTopic, TOPIC_RULE)
      .optional()
      .describe('Where alerts go. Whoever knows the name can read along unless the server protects it: use `topic_env` then.'),
    topic_env: EnvNameSchema.optional().describe('Environment variable with the topic. Either this or `topic`.'),
    token_env: EnvNameSchema.optional().describe('Environment variable with an access token. Default: none is sent.'),
    username_env: EnvNameSchema.optional().describe(
      'Environment variable with a user name, where there is no token. Default: none is sent.',
    ),
    password_env: EnvNameSchema.optional().describe('Environment variable with the password.'),
    priority: PrioritySchema.prefault({}).describe('How loud an alert is by its risk, 1 to 5.'),
    tags: z
      .array(z.string().regex(/^[A-Za-z0-9_+-]{1,40}$/, 'letters, digits, _, + and -'))
      .max(5)
      .default([])
      .describe('Further tags or emoji names. Default none beyond the one that shows the risk.'),
    include_thumbnail: z.boolean().default(true).describe('Send the picture along. Default true; false keeps pictures off the server.'),
    system: z
      .boolean()
      .default(true)
      .describe('Also send news about HomeSec itself. Default true; with false a digest of held back alerts still comes.'),
    verify_tls: z
      .boolean()
      .default(true)
      .describe("Check the server's certificate. Default true; false accepts anyone who answers, who then learns the alert."),
    timeout_s: z.number().positive().max(300).default(20).describe('How long one alert may take, picture included. Default 20.'),
  })
  .refine((config) => (config.topic === undefined) !== (config.topic_env === undefined), {
    message: 'give either topic or topic_env',
    path: ['topic'],
  })
  .refine((config) => (config.username_env === undefined) === (config.password_env === undefined), {
    message: 'username_env and password_env belong together: give both or neither',
    path: ['username_env'],
  })
  .refine((config) => config.token_env === undefined || config.username_env === undefined, {
    message: 'give a token or a user with password, not both',
    path: ['token_env'],
  })
export type NtfyConfig = Readonly<z.output<typeof NtfyConfigSchema>>
