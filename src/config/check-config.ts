import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'
import { checkPlugins } from './check-plugins.ts'
import { suggestion } from './describe-problem.ts'
import { vlmProblems } from './check-vlm.ts'
import { envReferences, inUse, missingVariables } from './env-names.ts'
import { isLoopback } from '../lib/loopback.ts'
import { authIsOn, placedNotifiers, toAppConfig } from './normalise.ts'
import { locateProblem, type ConfigReport, type KeyPath, type Problem } from './problem.ts'
import type { RawConfigFile } from './read-config-file.ts'
import { NO_BACKEND, readShape } from './read-shape.ts'
import type { AppConfig, ConfigFile } from './schema.ts'
import { createSecrets, type Environment } from './secrets.ts'
import { silenceWarnings } from './warn-silent.ts'

export interface LoadedConfig {
  readonly config: AppConfig
  /** SHA-256 of the configuration, hex. It holds no secrets, only names of variables. */
  readonly hash: string
  readonly secrets: Secrets
  /** The values behind every `*_env` key, to keep out of logs and answers. */
  readonly secretValues: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * Second half of loading: everything that is wrong with the file, at once.
 * @param catalog with the third-party plugins the file names already in it.
 * @param known mistakes found before, such as plugins that could not be loaded.
 */
export function checkConfig(
  raw: RawConfigFile,
  catalog: PluginCatalog,
  environment: Environment,
  known: readonly Problem[] = [],
): Result<LoadedConfig, ConfigReport> {
  const secrets = createSecrets(environment)
  const { file, problems: shape } = readShape(raw.value)
  const plugins = checkPlugins(file, catalog, dirname(raw.path))
  const problems = [
    ...known,
    ...shape,
    ...duplicates(file),
    ...unknownCameras(file),
    ...plugins.problems,
    ...vlmProblems(file, catalog),
    ...consistency(file),
    ...missingVariables(raw.value, (name) => secrets.get(name) !== undefined, inUse(file)),
  ]
  if (problems.length > 0) return err(toReport(raw, problems))

  const config = toAppConfig(file, dirname(raw.path))
  return ok({
    config,
    hash: createHash('sha256').update(canonicalJson(config)).digest('hex'),
    secrets,
    secretValues: secretValues([config, plugins.parsed], secrets),
    warnings: [...plugins.warnings, ...warnings(file), ...silenceWarnings(file, catalog)],
  })
}

function duplicates(file: ConfigFile): Problem[] {
  const cameras = file.cameras.map(({ name }, index) => ({ name, path: ['cameras', index, 'name'] }))
  const notifiers = placedNotifiers(file)
    .filter(({ notifier }) => notifier.name !== NO_BACKEND)
    .map(({ notifier, path }) => ({ name: notifier.name, path: path[0] === 'mqtt' ? path : [...path, 'name'] }))
  return [...repeated(cameras, 'camera'), ...repeated(notifiers, 'notifier')]
}

function repeated(named: readonly { readonly name: string; readonly path: KeyPath }[], what: string): Problem[] {
  const seen = new Set<string>()
  return named.flatMap(({ name, path }): Problem[] => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [{ code: 'duplicate_name', path, message: `there is already a ${what} named "${name}"`, advice: 'Give each its own name.' }]
  })
}

/** A camera nobody listed is a typing mistake that would silence an alert. */
function unknownCameras(file: ConfigFile): Problem[] {
  const known = file.cameras.map(({ name }) => name)
  return (file.notifiers ?? []).flatMap(({ cameras }, index) =>
    (cameras ?? []).flatMap((camera, nth): Problem[] => {
      if (known.includes(camera)) return []
      const path = ['notifiers', index, 'cameras', nth]
      return [{ code: 'unknown_reference', path, message: 'there is no such camera', advice: suggestion(camera, known) }]
    }),
  )
}

/** What no single key can know. */
function consistency({ server, storage }: ConfigFile): Problem[] {
  const problems: Problem[] = [...retentionOfMirror(storage)]
  if (server.enabled && !isLoopback(server.host) && !authIsOn(server) && !server.allow_insecure) {
    const advice = 'Remove this line (a key is then made for you), listen on 127.0.0.1, or accept it with server.allow_insecure: true.'
    problems.push({
      code: 'insecure',
      path: ['server', 'auth', 'enabled'],
      message: 'everyone on the network could watch your cameras',
      advice,
    })
  }
  return problems
}

/** It would have to mean each place, or all together; nobody should have to guess what gets deleted. */
function retentionOfMirror({ backend, retention }: ConfigFile['storage']): Problem[] {
  if (backend !== 'mirror') return []
  const message = 'each place of a mirror has its own limits'
  const advice = 'Write it into storage.config.backends[].retention.'
  return (['max_age_days', 'max_bytes'] as const)
    .filter((key) => retention[key] !== null)
    .map((key) => ({ code: 'bad_value', path: ['storage', 'retention', key], message, advice }))
}

function warnings(file: ConfigFile): string[] {
  const notifiers = placedNotifiers(file)
  return [
    ...(file.storage.paths.backups_dir === null ? [] : ['storage.paths.backups_dir: not used; remove it']),
    ...(file.cameras.some(({ enabled }) => enabled) ? [] : ['cameras: all are disabled; nothing will be recorded']),
    ...(notifiers.some(({ notifier }) => notifier.enabled) ? [] : ['notifiers: none is enabled; alerts go nowhere']),
    ...(file.server.enabled && !isLoopback(file.server.host) && !authIsOn(file.server)
      ? ['server: everyone on the network can watch your cameras']
      : []),
  ]
}

function secretValues(configs: unknown, secrets: Secrets): string[] {
  const values = envReferences(configs).map(({ name }) => secrets.get(name))
  return [...new Set(values.filter((value) => value !== undefined))]
}

function toReport(raw: RawConfigFile, problems: readonly Problem[]): ConfigReport {
  const places = new Set<string>()
  const located = problems
    .map((problem) => locateProblem(problem, raw.locate))
    .filter(({ path, code }) => {
      // A variable's name that is no name is found twice, by the schema and by the search for variables.
      const known = places.has(path)
      places.add(path)
      return !known || code !== 'env_missing'
    })
  return { file: raw.path, problems: located.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
}

/** The same text for the same configuration, in whatever order its keys were written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
