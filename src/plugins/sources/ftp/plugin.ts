import { isIP } from 'node:net'
import { definePlugin } from '../../../contracts/plugin.ts'
import { isPrivateHost } from '../../../lib/private-host.ts'
import { CameraConfigSchema } from './camera-config.ts'
import { ServerConfigSchema } from './server-config.ts'

export const ftpSource = definePlugin({
  kind: 'source',
  name: 'ftp',
  config: CameraConfigSchema,
  shared: ServerConfigSchema,
  check({ anonymous }, _names, { host }) {
    if (!anonymous || isPrivateAddress(host)) return []
    const message = `needs a server on a private address, and sources.ftp.host is ${host}; listen on the address of this machine at home, or give the camera a password`
    return [{ path: ['anonymous'], message }]
  },
  async create(config, host) {
    const { createFtpSource } = await import('./create-ftp-source.ts')
    return createFtpSource(config, host)
  },
})

/** `0.0.0.0` is every address, public ones included; and a name may come to mean another address one day. */
function isPrivateAddress(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && isPrivateHost(host))
}
