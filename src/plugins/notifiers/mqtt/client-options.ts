import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { IClientOptions } from 'mqtt'
import { codeOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { portOf, type MqttConfig } from './config.ts'

const KEEPALIVE_S = 20

/** Read anew for every connection, so that a renewed certificate is used without a restart. */
export async function clientOptions(
  config: MqttConfig,
  credentials: Pick<IClientOptions, 'username' | 'password'>,
  clientId: string,
): Promise<Result<IClientOptions, PluginError>> {
  const tls = await tlsOptions(config.tls)
  if (!tls.ok) return tls
  return ok({
    protocol: config.tls?.enabled ? 'mqtts' : 'mqtt',
    protocolVersion: config.protocol_version === '5' ? 5 : 4,
    host: config.host,
    port: portOf(config),
    clientId,
    connectTimeout: config.connect_timeout_s * 1000,
    keepalive: KEEPALIVE_S,
    ...credentials,
    ...tls.value,
    ...(config.state_topic === null
      ? {}
      : { will: { ...stateMessage(config.state_topic, 'offline'), payload: Buffer.from(stateText('offline')) } }),
  })
}

export function stateMessage(topic: string, state: 'online' | 'offline') {
  return { topic, payload: stateText(state), qos: 1, retain: true } as const
}

function stateText(state: 'online' | 'offline'): string {
  return JSON.stringify({ state })
}

/** Both or none: a user name without its password is a mistake that a broker would answer with a riddle. */
export function readCredentials(
  auth: MqttConfig['auth'],
  host: Pick<PluginHost, 'secrets' | 'log'>,
): Pick<IClientOptions, 'username' | 'password'> {
  if (auth === undefined) return {}
  const username = host.secrets.get(auth.username_env)
  const password = host.secrets.get(auth.password_env)
  if (username !== undefined && password !== undefined) return { username, password }
  const missing = [username === undefined ? auth.username_env : '', password === undefined ? auth.password_env : ''].filter(
    (name) => name !== '',
  )
  host.log.warn({ event_type: 'mqtt_credentials_incomplete', missing }, 'credentials incomplete, connecting anonymously')
  return {}
}

/**
 * The same at every start: a broker that has not noticed our last death then ends that old connection, and publishes its
 * "offline", before our "online" instead of after it.
 */
export function stableClientId(stateFolder: string): string {
  return `homesec-${createHash('sha256').update(`${hostname()}\n${stateFolder}`).digest('hex').slice(0, 12)}`
}

async function tlsOptions(tls: MqttConfig['tls']): Promise<Result<IClientOptions, PluginError>> {
  if (!tls?.enabled) return ok({})
  const options: IClientOptions = { rejectUnauthorized: tls.reject_unauthorized }
  for (const [key, option] of [
    ['ca_file', 'ca'],
    ['cert_file', 'cert'],
    ['key_file', 'key'],
  ] as const) {
    const path = tls[key]
    if (path === undefined) continue
    try {
      options[option] = await readFile(path)
    } catch (cause) {
      return err(pluginError('invalid', `the file in tls.${key} cannot be read (${codeOf(cause)})`, cause))
    }
  }
  return ok(options)
}
