import { z } from 'zod'
import { definePlugin } from '../../../contracts/plugin.ts'

export const noopAlertPolicy = definePlugin({
  kind: 'alert_policy',
  name: 'noop',
  config: z.strictObject({}),
  async create() {
    const { NoopAlertPolicy } = await import('./noop-alert-policy.ts')
    return new NoopAlertPolicy()
  },
})
