import { definePlugin } from '../../../contracts/plugin.ts'
import { MqttConfigSchema } from './config.ts'

export const mqttNotifier = definePlugin({
  kind: 'notifier',
  name: 'mqtt',
  config: MqttConfigSchema,
  async create(config, host) {
    const { MqttNotifier } = await import('./mqtt-notifier.ts')
    // A check must not take over the session or the online state of the HomeSec that runs.
    const { client_id: _own, ...anonymous } = config
    return new MqttNotifier(host.purpose === 'check' ? { ...anonymous, state_topic: null } : config, host)
  },
})
