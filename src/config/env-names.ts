import type { ConfigFile } from './schema.ts'
import type { KeyPath, Problem } from './problem.ts'

export interface EnvReference {
  readonly path: KeyPath
  readonly name: string
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** What people call variables. Anything else may be the secret itself, pasted in the wrong place, and is not repeated. */
const CUSTOMARY = /^(?:[A-Z]+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)$/

/** Every key that ends in `_env`, wherever it stands. */
export function envReferences(value: unknown, path: KeyPath = []): EnvReference[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => envReferences(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const here = [...path, key]
    return key.endsWith('_env') && typeof item === 'string' ? [{ path: here, name: item }] : envReferences(item, here)
  })
}

/** @param config as written; a part that is switched off needs no secrets. */
export function missingVariables(config: unknown, isSet: (name: string) => boolean, needed: (path: KeyPath) => boolean): Problem[] {
  return envReferences(config)
    .filter(({ path }) => needed(path))
    .flatMap(({ path, name }) => {
      if (!NAME.test(name))
        return [problem(path, 'is no name of an environment variable', 'Write the NAME of a variable here, and the secret into .env.')]
      if (isSet(name)) return []
      const shown = CUSTOMARY.test(name) ? `the variable ${name} is not set` : 'names no variable that is set'
      return [problem(path, shown, 'Set it in the environment or in a file .env beside this one; it must not be empty.')]
    })
}

function problem(path: KeyPath, message: string, advice: string): Problem {
  return { code: 'env_missing', path, message, advice }
}

/** Whether the part of the config under this path is in use. */
export function inUse(config: ConfigFile): (path: KeyPath) => boolean {
  const sections: Readonly<Record<string, boolean>> = {
    vlm: config.vlm.run_mode !== 'never',
    alert_policy: config.alert_policy.enabled,
    database: config.database.enabled,
    server: config.server.enabled,
  }
  const lists: Readonly<Record<string, readonly { readonly enabled: boolean }[]>> = {
    cameras: config.cameras,
    notifiers: config.notifiers ?? [],
  }
  const usedSources = new Set(config.cameras.filter(({ enabled }) => enabled).map(({ source }) => source.backend))
  return ([section = '', entry = '']) => {
    if (section === 'sources') return usedSources.has(String(entry))
    return sections[section] ?? lists[section]?.[Number(entry)]?.enabled ?? true
  }
}
