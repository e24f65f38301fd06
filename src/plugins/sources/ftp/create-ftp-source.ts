import type { PluginHost } from '../../../contracts/plugin.ts'
import type { ClipSource } from '../../../contracts/source.ts'
import type { CameraConfig } from './camera-config.ts'
import { FtpSource } from './ftp-source.ts'
import { PortCheck } from './port-check.ts'
import type { ServerConfig } from './server-config.ts'

export function createFtpSource(config: CameraConfig, host: PluginHost & { readonly shared: ServerConfig }): ClipSource {
  return host.purpose === 'check' ? new PortCheck(config, host.shared, host) : new FtpSource(config, host.shared, host)
}
