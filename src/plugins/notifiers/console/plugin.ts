import { definePlugin } from '../../../contracts/plugin.ts'
import { ConsoleConfigSchema } from './config.ts'

export const consoleNotifier = definePlugin({
  kind: 'notifier',
  name: 'console',
  config: ConsoleConfigSchema,
  async create(config) {
    const { ConsoleNotifier } = await import('./console-notifier.ts')
    return new ConsoleNotifier(config, { stream: process[config.stream] })
  },
})
