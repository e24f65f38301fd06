import { definePlugin } from '../../../contracts/plugin.ts'
import { cameraUrls } from './camera-urls.ts'
import { RtspConfigSchema } from './config.ts'

export const rtspSource = definePlugin({
  kind: 'source',
  name: 'rtsp',
  config: RtspConfigSchema,
  async create(config, host) {
    const { RtspSource } = await import('./rtsp-source.ts')
    return new RtspSource(config, cameraUrls(config, host.secrets), host)
  },
})
