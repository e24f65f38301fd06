import { definePlugin } from '../../../contracts/plugin.ts'
import { PushoverConfigSchema } from './config.ts'

export const pushoverNotifier = definePlugin({
  kind: 'notifier',
  name: 'pushover',
  config: PushoverConfigSchema,
  async create(config, host) {
    const { PushoverNotifier } = await import('./pushover-notifier.ts')
    return new PushoverNotifier(config, host)
  },
})
