import { resolve } from 'node:path'
import type { AppConfig, ConfigFile, NotifierConfig } from './schema.ts'
import { plainNotifier } from './schema-notifiers.ts'
import { isLoopback } from '../lib/loopback.ts'
import type { KeyPath } from './problem.ts'

/** A notifier and the place in the file that asks for it. */
export interface PlacedNotifier {
  readonly notifier: NotifierConfig
  readonly path: KeyPath
  readonly configPath: KeyPath
}

const CONSOLE = plainNotifier('console', {})

export function placedNotifiers(file: Pick<ConfigFile, 'mqtt' | 'notifiers'>): PlacedNotifier[] {
  const listed = file.notifiers ?? (file.mqtt === undefined ? [CONSOLE] : [])
  const placed = listed.map((notifier, index) => ({
    notifier: { ...notifier, name: notifier.name ?? notifier.backend },
    path: ['notifiers', index],
    configPath: ['notifiers', index, 'config'],
  }))
  if (file.mqtt === undefined) return placed
  return [...placed, { notifier: plainNotifier('mqtt', file.mqtt), path: ['mqtt'], configPath: ['mqtt'] }]
}

/** @param folder absolute folder of the config file: relative paths are relative to it. */
export function toAppConfig({ mqtt, notifiers, ...rest }: ConfigFile, folder: string): AppConfig {
  const placed = placedNotifiers({ mqtt, notifiers })
  return { ...rest, data_dir: resolve(folder, rest.data_dir), notifiers: placed.map(({ notifier }) => notifier) }
}

/** Whether the API asks for its key: what the owner said, else beyond loopback. */
export function authIsOn(server: Pick<AppConfig['server'], 'host' | 'auth'>): boolean {
  return server.auth.enabled ?? !isLoopback(server.host)
}
