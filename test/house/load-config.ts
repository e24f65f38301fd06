import { parse } from 'yaml'
import type { LoadedConfig } from '../../src/config/check-config.ts'
import { envReferences } from '../../src/config/env-names.ts'
import { explainConfigReport } from '../../src/config/explain-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { builtinPlugins } from '../../src/plugins/builtin.ts'

/** Loads a configuration with the real schemas and every variable set; throws what an owner would read. */
export async function load(text: string): Promise<LoadedConfig> {
  const env = Object.fromEntries(envReferences(parse(text)).map(({ name }) => [name, `value of ${name}`]))
  const loaded = await loadConfig('/etc/homesec/config.yaml', { catalog: builtinPlugins, env, readFile: async () => Buffer.from(text) })
  if (!loaded.ok) throw new Error(explainConfigReport(loaded.error))
  return loaded.value
}
