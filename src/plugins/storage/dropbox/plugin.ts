import { definePlugin } from '../../../contracts/plugin.ts'
import type { Secrets } from '../../../contracts/secrets.ts'
import { DropboxConfigSchema, type DropboxConfig } from './config.ts'
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
      const http = new HttpClient()
      const credentials = credentialsOf(config, host.secrets)
      const tokens =
        credentials.kind === 'token'
          ? fixedToken(credentials.token, credentials.envName)
          : new RefreshedTokens(credentials, endpoints.api, http, host.clock)
      return new DropboxStorage(config, { endpoints, http, tokens, partBytes }, host)
    },
  })
}

type Credentials =
  | { readonly kind: 'token'; readonly token: string; readonly envName: string }
  | { readonly kind: 'refresh'; readonly refreshToken: string; readonly appKey: string; readonly appSecret: string | null }

function credentialsOf(config: DropboxConfig, secrets: Secrets): Credentials {
  const { token_env: envName, refresh_token_env: refresh, app_key_env: appKey, app_secret_env: appSecret } = config
  if (envName !== null) return { kind: 'token', token: secretOf(envName, secrets), envName }
  if (refresh === null || appKey === null) throw new Error('give refresh_token_env with app_key_env, or token_env')
  return {
    kind: 'refresh',
    refreshToken: secretOf(refresh, secrets),
    appKey: secretOf(appKey, secrets),
    appSecret: appSecret === null ? null : secretOf(appSecret, secrets),
  }
}

function secretOf(envName: string, secrets: Secrets): string {
  const value = secrets.get(envName)?.trim()
  if (value === undefined || value === '') throw new Error(`the environment variable ${envName} is not set`)
  // It goes into a header, which other characters would break or split.
  if (!/^[\x21-\x7e]+$/.test(value)) throw new Error(`the environment variable ${envName} holds no token, key or secret of Dropbox`)
  return value
}
