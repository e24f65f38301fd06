import { definePlugin } from '../../../contracts/plugin.ts'
import { TelegramConfigSchema } from './config.ts'

export const telegramNotifier = definePlugin({
  kind: 'notifier',
  name: 'telegram',
  config: TelegramConfigSchema,
  async create(config, host) {
    const { TelegramNotifier } = await import('./telegram-notifier.ts')
    return new TelegramNotifier(config, host)
  },
})
