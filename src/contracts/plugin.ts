import { z } from 'zod'
import type { AlertPolicy } from './alert-policy.ts'
import type { VlmAnalyzer } from './analyzer.ts'
import type { Clock } from './clock.ts'
import { messageOf } from './errors.ts'
import type { ObjectFilter } from './filter.ts'
import type { Home } from './home.ts'
import type { Logger } from './logger.ts'
import type { Notifier } from './notifier.ts'
import { err, ok, type Result } from './result.ts'
import type { Secrets } from './secrets.ts'
import type { ClipSource } from './source.ts'
import type { StorageBackend } from './storage.ts'

/** What each kind of plugin builds. */
export interface PluginInstances {
  source: ClipSource
  storage: StorageBackend
  filter: ObjectFilter
  analyzer: VlmAnalyzer
  alert_policy: AlertPolicy
  notifier: Notifier
}
export type PluginKind = keyof PluginInstances
export const PLUGIN_KINDS = ['source', 'storage', 'filter', 'analyzer', 'alert_policy', 'notifier'] as const satisfies readonly PluginKind[]

/** A plugin inside another one, such as one place of a mirror or one model of a fallback list. */
export interface PartChoice {
  readonly backend: string
  /** As written; the plugin's own schema checks it. */
  readonly config: unknown
  /** Unique among the parts of one plugin, of [a-z0-9_-]; names its folder. */
  readonly name: string
}

/** Builds a part. The caller owns it and disposes of it. */
export type LoadPart = <K extends PluginKind>(kind: K, part: PartChoice) => Promise<Result<PluginInstances[K], readonly ConfigProblem[]>>

/** Capabilities the host lends a plugin. Everything else comes from its config. */
export interface PluginHost {
  /** Name of this instance: the camera's for a source, the notifier's for a notifier, else the plugin's own. */
  readonly instance: string
  /** `check`: only asked whether it would work, perhaps beside a running HomeSec; it must not be noticed by anybody else. */
  readonly purpose: 'run' | 'check'
  readonly clock: Clock
  readonly log: Logger
  readonly secrets: Secrets
  /** The settings under `sources.<backend>` as written, which all cameras of a backend share; undefined where there are none. */
  readonly shared: unknown
  /** For plugins that are made of other plugins. */
  readonly loadPart: LoadPart
  /** The running household: cameras, motion, verdicts, and what the owner can switch. */
  readonly home: Home
  readonly dirs: {
    /** The product's data folder, absolute. Models live in its `models/`. */
    readonly data: string
    /** A folder for this instance alone, absolute; create it before use. */
    readonly state: string
  }
}

/** What a config may refer to by name, for checks that no single schema can make. */
export interface ConfigNames {
  readonly cameras: readonly string[]
  /** Activity types the analyzer can answer with; null when its config does not list any. */
  readonly activityTypes: readonly string[] | null
  /** The data folder, absolute. */
  readonly dataDir: string
  /** All problems of a plugin inside this one; paths begin with `backend` or `config`. */
  partProblems(kind: PluginKind, part: Omit<PartChoice, 'name'>): readonly ConfigProblem[]
}

/** One mistake in the config: where, what, and what to do about it. `path` is relative to the plugin's own config. */
export type ConfigProblem = { readonly path: readonly (string | number)[]; readonly message: string }

/** A registered plugin with its config type already closed over: the core never sees it. */
export interface Plugin<K extends PluginKind = PluginKind> {
  readonly contract: 1
  readonly kind: K
  readonly name: string
  /** The schema, for documentation and for checks of unknown keys. */
  readonly config: z.ZodType
  /** The schema of what its instances share; null where they share nothing. */
  readonly shared: z.ZodType | null
  /** All problems of this config, without building anything. `rawShared` is checked on its own, by its schema. */
  problems(rawConfig: unknown, names: ConfigNames, rawShared?: unknown): readonly ConfigProblem[]
  /** Parses and builds. No I/O against the outside happens before the instance is used. */
  load(rawConfig: unknown, host: PluginHost): Promise<Result<PluginInstances[K], readonly ConfigProblem[]>>
}

export interface PluginSpec<K extends PluginKind, S extends z.ZodType, H extends z.ZodType = z.ZodUndefined> {
  readonly kind: K
  readonly name: string
  /** Strict; every default states its consequence in `.describe()`. Secrets only by keys that end in `_env`. */
  readonly config: S
  /** For sources: the settings that all cameras of this backend share, written once under `sources.<name>`. As strict; all have defaults. */
  readonly shared?: H
  /** Checks against the rest of the configuration. Not asked when either part has mistakes of its own. */
  readonly check?: (config: z.output<S>, names: ConfigNames, shared: z.output<H>) => readonly ConfigProblem[]
  /** Builds the instance. Import heavy SDKs here, so unused plugins cost nothing. */
  readonly create: (config: z.output<S>, host: PluginHost & { readonly shared: z.output<H> }) => Promise<PluginInstances[K]>
}

export function definePlugin<K extends PluginKind, S extends z.ZodType, H extends z.ZodType = z.ZodUndefined>(
  spec: PluginSpec<K, S, H>,
): Plugin<K> {
  // Without a schema H is its default, whose only value is undefined.
  const sharedSchema = (spec.shared ?? z.undefined()) as H
  const parseShared = (raw: unknown) => parse(sharedSchema, spec.shared === undefined ? undefined : (raw ?? {}))
  return {
    contract: 1,
    kind: spec.kind,
    name: spec.name,
    config: spec.config,
    shared: spec.shared ?? null,
    problems(raw, names, rawShared) {
      const parsed = parse(spec.config, raw ?? {})
      if (!parsed.ok) return parsed.error
      const shared = parseShared(rawShared)
      return shared.ok ? (spec.check?.(parsed.value, names, shared.value) ?? []) : []
    },
    async load(raw, host) {
      const parsed = parse(spec.config, raw ?? {})
      if (!parsed.ok) return parsed
      const shared = parseShared(host.shared)
      if (!shared.ok) return shared
      try {
        return ok(await spec.create(parsed.value, { ...host, shared: shared.value }))
      } catch (cause) {
        return err([{ path: [], message: `plugin "${spec.name}" could not be built: ${messageOf(cause)}` }])
      }
    },
  }
}

function parse<S extends z.ZodType>(schema: S, raw: unknown): Result<z.output<S>, readonly ConfigProblem[]> {
  const parsed = schema.safeParse(raw)
  return parsed.success ? ok(parsed.data) : err(toProblems(parsed.error))
}

/** Flattens zod's issues; an unknown key is reported at its own path, so that each mistake is one line. */
export function toProblems(error: z.core.$ZodError): ConfigProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol')
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key "${key}"` }))
    return [{ path, message: issue.message }]
  })
}

export type PluginCatalog = { readonly [K in PluginKind]: readonly Plugin<K>[] }
