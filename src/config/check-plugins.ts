import { resolve } from 'node:path'
import { z } from 'zod'
import { toProblems, type ConfigNames, type ConfigProblem, type Plugin, type PluginCatalog, type PluginKind } from '../contracts/plugin.ts'
import { describeProblem, suggestion } from './describe-problem.ts'
import { placedNotifiers } from './normalise.ts'
import type { KeyPath, Problem } from './problem.ts'
import { NO_BACKEND } from './read-shape.ts'
import type { ConfigFile } from './schema.ts'
import { outline } from './schema-node.ts'

/** One plugin that the config asks for, and where. */
interface PluginUse {
  readonly kind: PluginKind
  readonly backend: string
  readonly backendPath: KeyPath
  readonly config: unknown
  readonly configPath: KeyPath
  /** What the instances of a source share. */
  readonly shared?: unknown
}

const ActivityTypesSchema = z.object({ activity_types: z.array(z.string()) })

/** `filter.backend: auto` is a choice among filters; its config is that of the first choice. */
const AUTO_FILTER = 'yolo'

export interface PluginFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
  /** Each plugin's config with its defaults, for the names of variables that stand there by default. */
  readonly parsed: readonly unknown[]
}

/**
 * Asks every plugin in use what it thinks of its config.
 * @param folder where the config file lies: `data_dir` may be relative to it.
 */
export function checkPlugins(file: ConfigFile, catalog: PluginCatalog, folder: string): PluginFindings {
  const parts: unknown[] = []
  const names = configNames(file, catalog, folder, parts)
  const uses = pluginUses(file).map((use) => checkUse(use, catalog[use.kind], names))
  const found = [...uses, ...Object.entries(file.sources).map(([backend, raw]) => checkShared(backend, raw, catalog.source))]
  const { problems, warnings } = toleratePolicies(
    found.flatMap(({ problems }) => problems),
    file,
  )
  return { problems, warnings, parsed: [...found.map(({ parsed }) => parsed), ...parts] }
}

/**
 * @param catalog to learn which activity types the analyzer answers with when the file lists none, and what is wrong inside a plugin
 *   that is made of others.
 * @param parts gets the config of each of those with its defaults.
 */
export function configNames(file: ConfigFile, catalog: PluginCatalog, folder: string, parts: unknown[]): ConfigNames {
  const { backend, config } = file.vlm
  const parsed = backend === null ? null : withDefaults('analyzer', { backend, config }, catalog)
  const types = ActivityTypesSchema.safeParse(parsed ?? config)
  const names: ConfigNames = {
    cameras: file.cameras.map(({ name }) => name),
    activityTypes: types.success ? [...types.data.activity_types, 'unknown'] : null,
    dataDir: resolve(folder, file.data_dir),
    partProblems: (kind, part) => {
      const use: PluginUse = { kind, ...part, backendPath: ['backend'], configPath: ['config'] }
      const { problems, parsed } = checkUse(use, catalog[kind], names)
      parts.push(parsed)
      return problems.map(({ path, message, advice }) => ({ path, message: [message, advice].filter(Boolean).join('; ') }))
    },
  }
  return names
}

function pluginUses(file: ConfigFile): PluginUse[] {
  const single = (kind: PluginKind, section: 'storage' | 'filter' | 'alert_policy'): PluginUse => ({
    kind,
    backend: file[section].backend,
    backendPath: [section, 'backend'],
    config: file[section].config,
    configPath: [section, 'config'],
  })
  const cameras = file.cameras.map(({ source }, index): PluginUse => {
    const path = ['cameras', index, 'source']
    return {
      kind: 'source',
      backend: source.backend,
      backendPath: [...path, 'backend'],
      config: source.config,
      configPath: [...path, 'config'],
      shared: file.sources[source.backend],
    }
  })
  const notifiers = placedNotifiers(file).map(({ notifier, path, configPath }): PluginUse => {
    const backendPath = path[0] === 'mqtt' ? path : [...path, 'backend']
    return { kind: 'notifier', backend: notifier.backend, backendPath, config: notifier.config, configPath }
  })
  const vlm: PluginUse[] =
    file.vlm.backend === null
      ? []
      : [
          {
            kind: 'analyzer',
            backend: file.vlm.backend,
            backendPath: ['vlm', 'backend'],
            config: file.vlm.config,
            configPath: ['vlm', 'config'],
          },
        ]
  return [
    ...cameras,
    single('storage', 'storage'),
    single('filter', 'filter'),
    ...vlm,
    single('alert_policy', 'alert_policy'),
    ...notifiers,
  ]
}

interface Finding {
  readonly problems: readonly Problem[]
  readonly parsed: unknown
}

/** What the cameras of one backend share, under `sources`. */
function checkShared(backend: string, raw: unknown, sources: readonly Plugin[]): Finding {
  const schema = sources.find(({ name }) => name === backend)?.shared ?? null
  if (schema === null) {
    const sharing = sources.filter(({ shared }) => shared !== null).map(({ name }) => name)
    const message = sources.some(({ name }) => name === backend) ? 'its cameras share no settings' : 'there is no such source'
    return {
      problems: [{ code: 'unknown_plugin', path: ['sources', backend], message, advice: suggestion(backend, sharing) }],
      parsed: null,
    }
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return { problems: [], parsed: parsed.data }
  const known = outline(schema)
  return { problems: toProblems(parsed.error).map((problem) => describeProblem(problem, ['sources', backend], known, raw)), parsed: null }
}

function checkUse(use: PluginUse, known: readonly Plugin[], names: ConfigNames): Finding {
  if (use.backend === NO_BACKEND) return { problems: [], parsed: null }
  const plugin = findPlugin(use, known)
  if (plugin === undefined) {
    const advice = suggestion(use.backend, [...(use.kind === 'filter' ? ['auto'] : []), ...known.map(({ name }) => name)])
    return { problems: [{ code: 'unknown_plugin', path: use.backendPath, message: 'there is no such plugin', advice }], parsed: null }
  }
  const schema = outline(plugin.config)
  const problems = plugin
    .problems(use.config, names, use.shared)
    .map((problem) => describeProblem(problem, use.configPath, schema, use.config))
  const parsed = plugin.config.safeParse(use.config)
  return { problems, parsed: parsed.success ? parsed.data : null }
}

/** A plugin's config with its defaults; null where there is no such plugin, or its config has mistakes. */
export function withDefaults(
  kind: PluginKind,
  { backend, config }: Pick<PluginUse, 'backend' | 'config'>,
  catalog: PluginCatalog,
): unknown {
  const parsed = findPlugin({ kind, backend }, catalog[kind])?.config.safeParse(config)
  return parsed?.success === true ? parsed.data : null
}

function findPlugin({ kind, backend }: Pick<PluginUse, 'kind' | 'backend'>, known: readonly Plugin[]): Plugin | undefined {
  const named = (name: string) => known.find((plugin) => plugin.name.toLowerCase() === name)
  return named(backend) ?? (kind === 'filter' && backend === 'auto' ? named(AUTO_FILTER) : undefined)
}

/**
 * Old files (those with a top-level `mqtt` block) may carry overrides for cameras that are gone; everywhere else a camera
 * nobody listed is a typing mistake that would silence an alert.
 */
function toleratePolicies(problems: readonly Problem[], file: ConfigFile): { problems: Problem[]; warnings: string[] } {
  if (file.mqtt === undefined) return { problems: [...problems], warnings: [] }
  const cameras = new Set(file.cameras.map(({ name }) => name))
  const unlisted = ({ path }: ConfigProblem) => {
    const [section, config, key, camera] = path
    return section === 'alert_policy' && config === 'config' && key === 'overrides' && typeof camera === 'string' && !cameras.has(camera)
      ? camera
      : null
  }
  const ignored = new Set(problems.map(unlisted).filter((camera) => camera !== null))
  return {
    problems: problems.filter((problem) => unlisted(problem) === null),
    warnings: [...ignored].map(
      (camera) => `alert_policy.config.overrides.${camera}: no such camera is listed; this override has no effect`,
    ),
  }
}
