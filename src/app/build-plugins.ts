import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertPolicy } from '../contracts/alert-policy.ts'
import type { VlmAnalyzer } from '../contracts/analyzer.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ObjectFilter } from '../contracts/filter.ts'
import type { Home } from '../contracts/home.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Notifier } from '../contracts/notifier.ts'
import type { ConfigProblem, PartChoice, PluginCatalog, PluginHost, PluginInstances, PluginKind } from '../contracts/plugin.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'
import type { ClipSource } from '../contracts/source.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import type { AppConfig } from '../config/schema.ts'
import { logWith } from '../lib/log-with.ts'
import type { Scope } from '../lib/scope.ts'
import { brokenAnalyzer, brokenNotifier, brokenSource } from './broken-parts.ts'
import { buildFilter } from './build-filter.ts'
import { loadPlugin } from './load-plugins.ts'

export interface BuiltCamera {
  readonly name: string
  readonly backend: string
  readonly source: ClipSource
  /** Why the plugin could not be built; null when it was. */
  readonly broken: string | null
}

export interface BuiltPlugins {
  readonly storage: StorageBackend
  readonly filter: ObjectFilter
  readonly analyzer: VlmAnalyzer | null
  readonly policy: AlertPolicy
  readonly notifiers: readonly { readonly name: string; readonly notifier: Notifier }[]
}

export interface PluginContext {
  readonly config: AppConfig
  readonly purpose: PluginHost['purpose']
  readonly catalog: PluginCatalog
  readonly clock: Clock
  readonly log: Logger
  readonly secrets: Secrets
  readonly home: Home
  /** Owns what is built. */
  readonly scope: Scope
}

/** What the plugins of a check keep while it lasts; whoever checks removes it. */
export function checkFolder(): string {
  return join(tmpdir(), `homesec-check-${process.pid}`)
}

/** What a plugin sees of the host; each instance has a folder of its own under `data_dir/state`, a check one that is not kept. */
export function hostFor(
  context: Omit<PluginContext, 'scope'>,
  kind: PluginKind,
  { instance, backend }: { readonly instance: string; readonly backend: string },
): PluginHost {
  const { clock, log, secrets, config, purpose, home } = context
  const states = purpose === 'run' ? join(config.data_dir, 'state') : checkFolder()
  return {
    instance,
    purpose,
    clock,
    // Whoever reads the log of four cameras wants to know which one it is.
    log: kind === 'source' ? logWith(log, { camera_name: instance }) : log,
    secrets,
    shared: kind === 'source' ? config.sources[backend] : undefined,
    loadPart: (partKind, part) => loadPart(context, partKind, { ...part, instance: `${instance}/${part.name}` }),
    home,
    dirs: { data: config.data_dir, state: join(states, kind, instance.replaceAll('/', '_')) },
  }
}

/** A plugin inside another one, which disposes of it. */
async function loadPart<K extends PluginKind>(
  context: Omit<PluginContext, 'scope'>,
  kind: K,
  part: PartChoice & { readonly instance: string },
): Promise<Result<PluginInstances[K], readonly ConfigProblem[]>> {
  const loaded = await loadPlugin(context.catalog, kind, part, hostFor(context, kind, part))
  return loaded.ok ? loaded : err([{ path: [], message: loaded.error }])
}

async function build<K extends PluginKind>(
  context: PluginContext,
  kind: K,
  choice: { readonly backend: string; readonly config: unknown; readonly instance?: string },
): Promise<Result<PluginInstances[K], string>> {
  const instance = choice.instance ?? choice.backend
  const loaded = await loadPlugin(context.catalog, kind, choice, hostFor(context, kind, { instance, backend: choice.backend }))
  if (loaded.ok) context.scope.own(`${kind}:${instance}`, loaded.value)
  return loaded
}

/**
 * Builds everything but the sources, which come last so that nothing arrives before the pipeline stands. Only storage, filter and
 * policy are needed for clips to pass; a notifier or analyzer that cannot be built is down like one that does not answer.
 */
export async function buildPlugins(context: PluginContext): Promise<Result<BuiltPlugins, string>> {
  const { config } = context
  const storage = await build(context, 'storage', config.storage)
  if (!storage.ok) return storage
  const filter = await buildFilter(config.filter, {
    build: (choice) => build(context, 'filter', choice),
    log: context.log,
  })
  if (!filter.ok) return filter
  const analyzer = await buildAnalyzer(context)
  const policy = await build(context, 'alert_policy', config.alert_policy)
  if (!policy.ok) return policy
  const notifiers: { readonly name: string; readonly notifier: Notifier }[] = []
  for (const { name, backend, config: own, enabled } of config.notifiers) {
    if (!enabled) continue
    const notifier = await build(context, 'notifier', { backend, config: own, instance: name })
    if (!notifier.ok) reportBroken(context, `notifier ${name}`, notifier.error)
    notifiers.push({ name, notifier: notifier.ok ? notifier.value : brokenNotifier(notifier.error) })
  }
  return ok({ storage: storage.value, filter: filter.value, analyzer, policy: policy.value, notifiers })
}

async function buildAnalyzer(context: PluginContext): Promise<VlmAnalyzer | null> {
  const { backend, run_mode, config } = context.config.vlm
  if (backend === null || run_mode === 'never') return null
  const built = await build(context, 'analyzer', { backend, config })
  if (built.ok) return built.value
  reportBroken(context, 'analyzer', built.error)
  return brokenAnalyzer(built.error)
}

/** Builds the sources of all enabled cameras. They do nothing until started. One that cannot be built is down and keeps nobody waiting. */
export async function buildCameras(context: PluginContext): Promise<readonly BuiltCamera[]> {
  const cameras: BuiltCamera[] = []
  for (const { name, enabled, source } of context.config.cameras) {
    if (!enabled) continue
    const built = await build(context, 'source', { ...source, instance: name })
    if (!built.ok) reportBroken(context, `camera ${name}`, built.error)
    const works = built.ok ? { source: built.value, broken: null } : { source: brokenSource(built.error), broken: built.error }
    cameras.push({ name, backend: source.backend, ...works })
  }
  return cameras
}

function reportBroken({ log }: PluginContext, part: string, reason: string): void {
  log.error({ event_type: 'part_not_built', part, reason }, `the ${part} could not be built; everything else works`)
}
