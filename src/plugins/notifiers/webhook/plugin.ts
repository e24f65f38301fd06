import { definePlugin } from '../../../contracts/plugin.ts'
import { WebhookConfigSchema } from './config.ts'

export const webhookNotifier = definePlugin({
  kind: 'notifier',
  name: 'webhook',
  config: WebhookConfigSchema,
  async create(config, host) {
    const { WebhookNotifier } = await import('./webhook-notifier.ts')
    return new WebhookNotifier(config, host)
  },
})
