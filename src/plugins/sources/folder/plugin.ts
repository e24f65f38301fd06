import { definePlugin } from '../../../contracts/plugin.ts'
import { FolderConfigSchema } from './config.ts'

export const folderSource = definePlugin({
  kind: 'source',
  name: 'folder',
  config: FolderConfigSchema,
  async create(config, host) {
    const { FolderSource } = await import('./folder-source.ts')
    return FolderSource.create(config, host)
  },
})
