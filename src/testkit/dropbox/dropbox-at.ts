import { z } from 'zod'
import { definePlugin } from '../../contracts/plugin.ts'
import { dropboxPlugin } from '../../plugins/storage/dropbox/plugin.ts'
import { PART_BYTES } from '../../plugins/storage/dropbox/session-policy.ts'

const ConfigSchema = z.strictObject({ endpoints: z.strictObject({ api: z.string(), content: z.string() }), config: z.unknown() })

/** The Dropbox plugin, whose config says where the service is too: for a process that has only that to go by. */
export const dropboxAt = definePlugin({
  kind: 'storage',
  name: 'dropbox-at',
  config: ConfigSchema,
  async create({ endpoints, config }, host) {
    const loaded = await dropboxPlugin(endpoints, PART_BYTES).load(config, host)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
    return loaded.value
  },
})
