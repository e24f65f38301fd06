import { definePlugin } from '../../../contracts/plugin.ts'
import { DropboxConfigSchema } from './config.ts'
import { DROPBOX_ENDPOINTS, type DropboxEndpoints } from './endpoints.ts'
import { PART_BYTES } from './session-policy.ts'

export const dropboxStorage = dropboxPlugin(DROPBOX_ENDPOINTS, PART_BYTES)

/** For tests, which have a Dropbox of their own and smaller files. */
export function dropboxPlugin(endpoints: DropboxEndpoints, partBytes: number) {
  return definePlugin({
    kind: 'storage',
    name: 'dropbox',
    config: DropboxConfigSchema,
    async create(config, host) {
      const { HttpClient } = await import('./http-client.ts')
      const { DropboxStorage } = await import('./dropbox-storage.ts')
      const { fixedToken, RefreshedTokens } = await import('./access-tokens.ts')
      const { readRefresh, readSecret } = await import('./credentials.ts')
      const http = new HttpClient()
      const { token_env: envName } = config
      const tokens =
        envName === null
          ? new RefreshedTokens(() => readRefresh(config, host.secrets), endpoints.api, http, host.clock)
          : fixedToken(() => readSecret(envName, host.secrets), envName)
      return new DropboxStorage(config, { endpoints, http, tokens, partBytes }, host)
    },
  })
}
