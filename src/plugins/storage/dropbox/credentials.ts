import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { Secrets } from '../../../contracts/secrets.ts'
import type { DropboxConfig } from './config.ts'

export interface RefreshCredentials {
  readonly refreshToken: string
  readonly appKey: string
  /** Null for a token that was made with PKCE. */
  readonly appSecret: string | null
}

/** `rejected` with the name of the variable: read when a call needs it, so that a bad one never keeps the app from starting. */
export function readSecret(envName: string, secrets: Secrets): Result<string, PluginError> {
  const value = secrets.get(envName)?.trim()
  if (value === undefined || value === '') return err(pluginError('rejected', `the environment variable ${envName} is not set`))
  // It goes into a header, which other characters would break or split.
  if (/^[\x21-\x7e]+$/.test(value)) return ok(value)
  return err(pluginError('rejected', `the environment variable ${envName} holds no token, key or secret of Dropbox`))
}

type RefreshConfig = Pick<DropboxConfig, 'refresh_token_env' | 'app_key_env' | 'app_secret_env'>

export function readRefresh(config: RefreshConfig, secrets: Secrets): Result<RefreshCredentials, PluginError> {
  const { refresh_token_env: refresh, app_key_env: key, app_secret_env: secret } = config
  if (refresh === null || key === null) return err(pluginError('rejected', 'give refresh_token_env with app_key_env, or token_env'))
  const refreshToken = readSecret(refresh, secrets)
  if (!refreshToken.ok) return refreshToken
  const appKey = readSecret(key, secrets)
  if (!appKey.ok) return appKey
  const appSecret = secret === null ? ok(null) : readSecret(secret, secrets)
  if (!appSecret.ok) return appSecret
  return ok({ refreshToken: refreshToken.value, appKey: appKey.value, appSecret: appSecret.value })
}
