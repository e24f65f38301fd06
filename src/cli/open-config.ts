import { dirname } from 'node:path'
import { addThirdPartyPlugins } from '../app/load-plugins.ts'
import { checkConfig, type LoadedConfig } from '../config/check-config.ts'
import { explainConfigReport } from '../config/explain-error.ts'
import { readConfigFile } from '../config/read-config-file.ts'
import { readEnvironment } from '../config/secrets.ts'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { builtinPlugins } from '../plugins/builtin.ts'

export interface OpenedConfig {
  readonly loaded: LoadedConfig
  readonly catalog: PluginCatalog
}

/** Reads, completes and checks a configuration; the error is the text to show. */
export async function openConfig(path: string): Promise<Result<OpenedConfig, string>> {
  const raw = await readConfigFile(path)
  if (!raw.ok) return err(explainConfigReport(raw.error))
  const { catalog, problems } = await addThirdPartyPlugins(builtinPlugins, raw.value.plugins, raw.value.path)
  const environment = await readEnvironment([dirname(raw.value.path), process.cwd()])
  if (!environment.ok) return environment
  const loaded = checkConfig(raw.value, catalog, environment.value.values, problems)
  if (!loaded.ok) return err([explainConfigReport(loaded.error), ...environment.value.warnings].join('\n'))
  const warnings = [...environment.value.warnings, ...loaded.value.warnings]
  return ok({ loaded: { ...loaded.value, warnings }, catalog })
}
