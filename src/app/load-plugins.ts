import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Problem } from '../config/problem.ts'
import { codeOf, messageOf } from '../contracts/errors.ts'
import {
  PLUGIN_KINDS,
  type Plugin,
  type PluginCatalog,
  type PluginHost,
  type PluginInstances,
  type PluginKind,
} from '../contracts/plugin.ts'
import { attempt, err, ok, type Result } from '../contracts/result.ts'

const isFunction = (value: unknown): value is (...args: never[]) => unknown => typeof value === 'function'
const isSchema = (value: unknown) => typeof value === 'object' && value !== null && 'safeParse' in value

const ForeignPluginSchema = z.object({
  contract: z.literal(1),
  kind: z.enum(PLUGIN_KINDS),
  name: z.string().regex(/^[a-z0-9_@/.-]{1,64}$/),
  config: z.custom<z.ZodType>(isSchema, 'must be a zod schema'),
  shared: z.custom<z.ZodType>(isSchema, 'must be a zod schema').nullable().default(null),
  problems: z.custom<Plugin['problems']>(isFunction, 'must be a function'),
  load: z.custom<Plugin['load']>(isFunction, 'must be a function'),
})
const ExportSchema = z.union([ForeignPluginSchema, z.array(ForeignPluginSchema).min(1)])

/** The catalog with the plugins that could be loaded, and what is wrong with the others. */
export interface ExtendedCatalog {
  readonly catalog: PluginCatalog
  readonly problems: readonly Problem[]
}

/**
 * Imports the packages named in the config and adds their plugins to the catalog. One that cannot be loaded keeps no other out.
 * @param names npm package names, resolved from the config file's folder and then from ours; or `./paths` relative to that file.
 */
export async function addThirdPartyPlugins(catalog: PluginCatalog, names: readonly string[], configPath: string): Promise<ExtendedCatalog> {
  let extended = catalog
  const problems: Problem[] = []
  for (const [index, name] of names.entries()) {
    const path = ['plugins', index]
    const loaded = await importPlugins(name, configPath)
    if (!loaded.ok) problems.push({ ...loaded.error, path })
    for (const plugin of loaded.ok ? loaded.value : []) {
      if (extended[plugin.kind].some((other) => other.name === plugin.name)) {
        const message = `plugin "${name}": there is already a ${plugin.kind} named "${plugin.name}"`
        problems.push({ code: 'duplicate_name', path, message, advice: 'Remove one of the two.' })
      } else {
        extended = { ...extended, [plugin.kind]: [...extended[plugin.kind], plugin] }
      }
    }
  }
  return { catalog: extended, problems }
}

async function importPlugins(name: string, configPath: string): Promise<Result<readonly Plugin[], Omit<Problem, 'path'>>> {
  try {
    const module: unknown = await import(pathToFileURL(locate(name, configPath)).href)
    const exported = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
    const parsed = ExportSchema.safeParse(exported)
    if (!parsed.success) {
      const message = `plugin "${name}": its default export is no plugin made by definePlugin`
      return err({ code: 'bad_value', message, advice: z.prettifyError(parsed.error) })
    }
    const plugins = Array.isArray(parsed.data) ? parsed.data : [parsed.data]
    return ok(plugins)
  } catch (cause) {
    return err({ code: 'unknown_plugin', message: `plugin "${name}" cannot be loaded: ${reasonOf(cause)}`, advice: whereFrom(name) })
  }
}

/** Without the stack of requires and the files of ours that asked for it: neither helps the owner. */
function reasonOf(cause: unknown): string {
  const [first = ''] = messageOf(cause).split('\n')
  return first.replace(/ imported from .*$/, '')
}

function whereFrom(name: string): string {
  return name.startsWith('./') ? 'The path is relative to this file.' : `Is it installed beside this file (npm install ${name})?`
}

function locate(name: string, configPath: string): string {
  if (name.startsWith('./')) return resolve(dirname(configPath), name)
  const beside = createRequire(join(dirname(configPath), 'package.json'))
  try {
    return beside.resolve(name)
  } catch (cause) {
    // `require` does not see what a package exports for `import` alone.
    const exported = codeOf(cause) === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ? importEntry(name, beside.resolve.paths(name) ?? []) : null
    return exported ?? createRequire(import.meta.url).resolve(name)
  }
}

const EntrySchema = z.union([z.string(), z.object({ import: z.union([z.string(), z.object({ default: z.string() })]) })])
const ManifestSchema = z.object({ exports: z.union([z.object({ '.': EntrySchema }).transform((all) => all['.']), EntrySchema]) })

function importEntry(name: string, folders: readonly string[]): string | null {
  const folder = folders.map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')))
  if (folder === undefined) return null
  const parsed = ManifestSchema.safeParse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  if (!parsed.success) return null
  const entry = parsed.data.exports
  const target = typeof entry === 'string' ? entry : entry.import
  return join(folder, typeof target === 'string' ? target : target.default)
}

/** Builds one instance. The config was checked before, so a failure here is the plugin's own. */
export async function loadPlugin<K extends PluginKind>(
  catalog: PluginCatalog,
  kind: K,
  choice: { readonly backend: string; readonly config: unknown },
  host: PluginHost,
): Promise<Result<PluginInstances[K], string>> {
  const plugin = catalog[kind].find((candidate) => candidate.name === choice.backend)
  if (plugin === undefined) return err(`unknown ${kind} "${choice.backend}"`)
  const called = await attempt(
    () => plugin.load(choice.config, host),
    (cause) => `${kind} ${choice.backend} could not be built: ${messageOf(cause)}`,
  )
  if (!called.ok) return called
  const loaded = called.value
  if (loaded.ok) return loaded
  return err(
    loaded.error
      .map(({ path, message }) => `${kind} ${choice.backend}${path.length > 0 ? ` ${path.join('.')}` : ''}: ${message}`)
      .join('; '),
  )
}
