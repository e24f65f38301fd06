import type { PluginCatalog } from '../contracts/plugin.ts'
import type { Result } from '../contracts/result.ts'
import { checkConfig, type LoadedConfig } from './check-config.ts'
import type { ConfigReport } from './problem.ts'
import { readConfigFile, type ReadBytes } from './read-config-file.ts'
import type { Environment } from './secrets.ts'

export interface LoadOptions {
  readonly catalog: PluginCatalog
  readonly env: Environment
  readonly readFile?: ReadBytes
}

/**
 * Both halves at once, for a catalog that is already complete. With third-party plugins: `readConfigFile`, load its `plugins`,
 * then `checkConfig`.
 */
export async function loadConfig(path: string, { catalog, env, readFile }: LoadOptions): Promise<Result<LoadedConfig, ConfigReport>> {
  const raw = await readConfigFile(path, readFile)
  return raw.ok ? checkConfig(raw.value, catalog, env) : raw
}
