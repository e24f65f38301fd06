import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pluginError } from '../contracts/errors.ts'
import { DEFAULT_CAMERA_SETTINGS, type Home } from '../contracts/home.ts'
import type { ConfigNames, Plugin, PluginHost, PluginInstances, PluginKind } from '../contracts/plugin.ts'
import { err } from '../contracts/result.ts'
import { systemClock } from '../lib/system-clock.ts'
import { memoryLogger } from './memory-logger.ts'

/** No camera, and nothing happens. */
export const NO_HOME: Home = {
  version: '0.0.0-test',
  cameras: () => [],
  status: async () => null,
  settings: () => DEFAULT_CAMERA_SETTINGS,
  minRiskLevel: () => null,
  change: async () => err(pluginError('invalid', 'there is no such camera')),
  subscribe: () => ({ [Symbol.dispose]: () => undefined }),
}

/** What a plugin under test is told of the rest of a config. */
export function configNames(changes: Partial<ConfigNames> = {}): ConfigNames {
  return { cameras: [], activityTypes: null, dataDir: '/data', partProblems: () => [], ...changes }
}

/** A host for a plugin under test: real clock, silent log, temp folders, no secrets unless given. */
export function testHost(overrides: Partial<PluginHost> & { readonly env?: Readonly<Record<string, string>> } = {}): PluginHost {
  const root = mkdtempSync(join(tmpdir(), 'homesec-host-'))
  const { env = {}, ...rest } = overrides
  return {
    instance: 'test',
    purpose: 'run',
    clock: systemClock,
    log: memoryLogger(),
    shared: undefined,
    loadPart: async () => err([{ path: [], message: 'no parts in this test' }]),
    home: NO_HOME,
    secrets: { get: (name) => env[name] },
    dirs: { data: root, state: join(root, 'state') },
    ...rest,
  }
}

/** What the plugin makes of a config that is good. */
export async function built<K extends PluginKind>(plugin: Plugin<K>, config: unknown, host: PluginHost): Promise<PluginInstances[K]> {
  const loaded = await plugin.load(config, host)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  return loaded.value
}
