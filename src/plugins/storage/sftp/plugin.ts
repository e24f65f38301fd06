import { definePlugin } from '../../../contracts/plugin.ts'
import { SftpConfigSchema } from './config.ts'

export const sftpStorage = definePlugin({
  kind: 'storage',
  name: 'sftp',
  config: SftpConfigSchema,
  async create(config, host) {
    const { SftpStorage } = await import('./sftp-storage.ts')
    return new SftpStorage(config, host)
  },
})
