import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PluginHost } from '../contracts/plugin.ts'
import { systemClock } from '../lib/system-clock.ts'
import { memoryLogger } from './memory-logger.ts'

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
    secrets: { get: (name) => env[name] },
    dirs: { data: root, state: join(root, 'state') },
    ...rest,
  }
}
