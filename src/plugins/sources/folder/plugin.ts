import { definePlugin } from '../../../contracts/plugin.ts'
import { FolderConfigSchema } from './config.ts'
import { overlapAsWritten } from './overlap.ts'

export const folderSource = definePlugin({
  kind: 'source',
  name: 'folder',
  config: FolderConfigSchema,
  check({ path }, { dataDir }) {
    if (!overlapAsWritten(path, dataDir)) return []
    return [
      { path: ['path'], message: `overlaps with data_dir (${dataDir}), which would take its own clips in again; use separate folders` },
    ]
  },
  async create(config, host) {
    const { FolderSource } = await import('./folder-source.ts')
    return FolderSource.create(config, host)
  },
})
