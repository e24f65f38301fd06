import { definePlugin } from '../../../contracts/plugin.ts'
import { MirrorConfigSchema, mirrorProblems } from './config.ts'

export const mirrorStorage = definePlugin({
  kind: 'storage',
  name: 'mirror',
  config: MirrorConfigSchema,
  check: mirrorProblems,
  async create(config, host) {
    const { createMirrorStorage } = await import('./mirror-storage.ts')
    return createMirrorStorage(config, host)
  },
})
