import { definePlugin } from '../../../contracts/plugin.ts'
import { NtfyConfigSchema } from './config.ts'

export const ntfyNotifier = definePlugin({
  kind: 'notifier',
  name: 'ntfy',
  config: NtfyConfigSchema,
  async create(config, host) {
    const { NtfyNotifier } = await import('./ntfy-notifier.ts')
    return new NtfyNotifier(config, host)
  },
})
