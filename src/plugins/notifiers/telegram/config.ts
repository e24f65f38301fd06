import { z } from 'zod'
import { RiskLevelInputSchema } from '../../../contracts/analysis.ts'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { ServiceUrlSchema } from '../../../lib/service-url.ts'

const CHAT_ID = /^(-?\d{1,20}|@[A-Za-z]\w{3,63})$/
export const CHAT_ID_RULE = 'a number such as 123456789 or -1001234567890, or @name for a public channel'

export const isChatId = (value: string) => CHAT_ID.test(value)

export const TelegramConfigSchema = z
  .strictObject({
    token_env: EnvNameSchema.describe('Environment variable with the token that @BotFather gave for the bot.'),
    chat_id: z
      .union([z.number().int().transform(String), z.string()], { error: CHAT_ID_RULE })
      .refine(isChatId, CHAT_ID_RULE)
      .optional()
      .describe('Where alerts go: a person, group or channel. Either this or `chat_id_env`.'),
    chat_id_env: EnvNameSchema.optional().describe('Environment variable with the chat, to keep it out of the config.'),
    thread_id: z.number().int().positive().optional().describe('Topic of a group that has topics. Default: the general one.'),
    silent_below: RiskLevelInputSchema.nullable()
      .default('medium')
      .describe('Alerts of less risk arrive without a sound. Default medium; null: all make a sound. An alert not judged yet does.'),
    include_thumbnail: z
      .boolean()
      .default(true)
      .describe("Send the picture along. Default true; false keeps pictures off Telegram's servers."),
    system: z
      .boolean()
      .default(true)
      .describe('Also send news about HomeSec itself. Default true; with false a digest of held back alerts still comes.'),
    api_url: ServiceUrlSchema.default('https://api.telegram.org').describe(
      "Default Telegram's own; for a Bot API server of your own, its address. https, at home http too.",
    ),
    timeout_s: z.number().positive().max(300).default(20).describe('How long one alert may take, picture included. Default 20.'),
  })
  .refine((config) => (config.chat_id === undefined) !== (config.chat_id_env === undefined), {
    message: 'give either chat_id or chat_id_env',
    path: ['chat_id'],
  })
export type TelegramConfig = Readonly<z.output<typeof TelegramConfigSchema>>
