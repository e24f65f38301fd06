import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { topicProblem } from './topic.ts'

const HOME = 'homecam'
const STATE = `${HOME}/bridge/state`

const topic = (placeholders: readonly string[]) =>
  z.string().superRefine((value, context) => {
    const problem = topicProblem(value, placeholders)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })
const seconds = (most: number) => z.number().positive().max(most)

const AuthSchema = z
  .strictObject({
    username_env: EnvNameSchema.describe('Environment variable with the user name.'),
    password_env: EnvNameSchema.describe('Environment variable with the password.'),
  })
  .describe('Credentials. Absent: connects anonymously. If only one of the two variables is set, neither is used and a warning is logged.')

const TlsSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Default true: writing the `tls` block switches TLS on.'),
    ca_file: z.string().min(1).optional().describe('Certificate authority, PEM. Default: those that Node trusts.'),
    cert_file: z.string().min(1).optional().describe('Client certificate, PEM. Default none: the broker does not learn who we are.'),
    key_file: z.string().min(1).optional().describe('Key of the client certificate, PEM. Default none.'),
    reject_unauthorized: z
      .boolean()
      .default(true)
      .describe("Check the broker's certificate. Default true; false accepts anyone who answers, who then learns the password."),
  })
  .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), {
    message: 'cert_file and key_file belong together: give both or neither',
  })

const OutboxSchema = z.strictObject({
  max_messages: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('How many messages are kept while the broker is away. Default 1000; beyond it the oldest is dropped, with a warning.'),
  max_age_s: seconds(31_536_000)
    .default(86_400)
    .describe('How old a kept message may get, in seconds. Default one day; an older one is dropped, with a warning.'),
})

const HomeAssistantSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Default true: writing the `home_assistant` block switches it on.'),
  discovery_prefix: topic([])
    .default('homeassistant')
    .describe("Home Assistant's own setting of that name. Default homeassistant; with another one it finds nothing unless told so too."),
  base_topic: topic([])
    .default(HOME)
    .describe(
      'Where states and commands go: <base_topic>/cameras/<camera>/… Default homecam. Must differ between two HomeSecs on one broker.',
    ),
})

export const MqttConfigSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[^\s/@]+$/, 'a host name or address without mqtt://, user or path; credentials go into `auth`')
      .describe('The broker.'),
    port: z.number().int().min(1).max(65_535).optional().describe('Default 1883, with TLS 8883.'),
    protocol_version: z
      .enum(['3.1.1', '5'])
      .default('5')
      .describe('Default 5, where the broker says when it refuses a message; 3.1.1 is for brokers from before 2019 and swallows refusals.'),
    tls: TlsSchema.optional().describe('Default none: everything, the password included, crosses the network readable.'),
    auth: AuthSchema.optional(),
    client_id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .optional()
      .describe('Must be unique on the broker. Default: made from the machine and the data folder, the same at every start.'),
    topic_template: topic(['camera_name'])
      .default('homecam/alerts/{camera_name}')
      .describe('Where alerts go. Default one topic per camera. The only placeholder is {camera_name}.'),
    qos: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .default(1)
      .describe('Default 1: the broker confirms each message. 0 may lose alerts; 2 is slower and prevents duplicates on the wire.'),
    retain: z
      .boolean()
      .default(false)
      .describe('Default false. True makes every new subscriber receive the last alert of each camera, however old.'),
    system_topic: topic([]).default('homecam/system/errors').describe('Where news about HomeSec itself goes.'),
    state_topic: topic([])
      .nullable()
      .default(STATE)
      .describe('Retained {"state":"online"|"offline"}; the broker writes "offline" itself when HomeSec dies. Null switches it off.'),
    connect_timeout_s: seconds(300).default(10).describe('How long one attempt to connect may take. Default 10.'),
    publish_timeout_s: seconds(300)
      .default(5)
      .describe('How long the broker may take to confirm. Default 5; after it the message is kept on disk and the connection made anew.'),
    outbox: OutboxSchema.prefault({}).describe('What is kept on disk while the broker is away.'),
    home_assistant: HomeAssistantSchema.optional().describe('Default none: Home Assistant sees the alerts, but no devices.'),
  })
  .refine((config) => config.home_assistant?.enabled !== true || config.state_topic !== null, {
    path: ['state_topic'],
    message: 'home_assistant needs it: without it, Home Assistant cannot tell whether HomeSec runs',
  })
  // A second home on the same broker must not say that the first is gone.
  .refine(
    ({ home_assistant, state_topic }) => home_assistant?.enabled !== true || home_assistant.base_topic === HOME || state_topic !== STATE,
    {
      path: ['state_topic'],
      message: `home_assistant.base_topic is another one: then this has to be too, such as <base_topic>/bridge/state`,
    },
  )
export type MqttConfig = Readonly<z.output<typeof MqttConfigSchema>>

export function portOf(config: Pick<MqttConfig, 'port' | 'tls'>): number {
  return config.port ?? (config.tls?.enabled ? 8883 : 1883)
}
