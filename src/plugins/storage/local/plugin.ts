import { z } from 'zod'
import { definePlugin } from '../../../contracts/plugin.ts'

export const localStorage = definePlugin({
  kind: 'storage',
  name: 'local',
  config: z.strictObject({
    root: z
      .string()
      .min(1)
      .refine((root) => !root.startsWith('~'), { error: '"~" is not expanded here; write the whole path' })
      .nullable()
      .default(null)
      .describe(
        'Folder that receives the clips; created if missing. A relative path starts at `data_dir`. ' +
          'Default: `storage` in `data_dir`, which is the same disk as the spool: no protection against its loss.',
      ),
    view_url_prefix: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !hasCredentials(url), { error: 'no user or password in the address: every alert would carry them' })
      .nullable()
      .default(null)
      .describe('Web address under which you serve `root` yourself, e.g. `https://nas.lan/homesec/`. Default: alerts carry no link.'),
  }),
  async create(config, host) {
    const { createLocalStorage } = await import('./local-storage.ts')
    return createLocalStorage(config, host)
  },
})

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}
