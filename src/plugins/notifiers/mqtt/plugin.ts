import { definePlugin } from '../../../contracts/plugin.ts'
import { MqttConfigSchema } from './config.ts'

export const mqttNotifier = definePlugin({
  kind: 'notifier',
  name: 'mqtt',
  config: MqttConfigSchema,
  async create(config, host) {
    const { MqttNotifier } = await import('./mqtt-notifier.ts')
    return new MqttNotifier(config, host)
  },
})
