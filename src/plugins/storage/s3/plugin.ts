import { definePlugin } from '../../../contracts/plugin.ts'
import { S3ConfigSchema } from './config.ts'

export const s3Storage = definePlugin({
  kind: 'storage',
  name: 's3',
  config: S3ConfigSchema,
  async create(config, host) {
    const { S3Storage } = await import('./s3-storage.ts')
    return new S3Storage(config, host)
  },
})
