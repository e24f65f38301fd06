import { definePlugin } from '../../../contracts/plugin.ts'
import { WebdavConfigSchema } from './config.ts'

export const webdavStorage = definePlugin({
  kind: 'storage',
  name: 'webdav',
  config: WebdavConfigSchema,
  async create(config, host) {
    const { WebdavStorage } = await import('./webdav-storage.ts')
    return new WebdavStorage(config, host)
  },
})
