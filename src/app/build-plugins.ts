import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertPolicy } from '../contracts/alert-policy.ts'
import type { VlmAnalyzer } from '../contracts/analyzer.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ObjectFilter } from '../contracts/filter.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Notifier } from '../contracts/notifier.ts'
import type { PluginCatalog, PluginHost, PluginInstances, PluginKind } from '../contracts/plugin.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'
import type { ClipSource } from '../contracts/source.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import type { AppConfig } from '../config/schema.ts'
import type { Scope } from '../lib/scope.ts'
import { buildFilter } from './build-filter.ts'
import { loadPlugin } from './load-plugins.ts'

export interface BuiltCamera {
  readonly name: string
  readonly backend: string
  readonly source: ClipSource
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
  /** Owns what is built. */
  readonly scope: Scope
}

/** What a plugin sees of the host; each instance has a folder of its own under `data_dir/state`, a check one that is not kept. */
export function hostFor(context: Omit<PluginContext, 'catalog' | 'scope'>, kind: PluginKind, instance: string): PluginHost {
  const { clock, log, secrets, config, purpose } = context
  const states = purpose === 'run' ? join(config.data_dir, 'state') : join(tmpdir(), `homesec-check-${process.pid}`)
  return {
    instance,
    purpose,
    clock,
    log,
    secrets,
    dirs: { data: config.data_dir, state: join(states, kind, instance.replaceAll('/', '_')) },
  }
}

async function build<K extends PluginKind>(
  context: PluginContext,
  kind: K,
  choice: { readonly backend: string; readonly config: unknown; readonly instance?: string },
): Promise<Result<PluginInstances[K], string>> {
  const instance = choice.instance ?? choice.backend
  const loaded = await loadPlugin(context.catalog, kind, choice, hostFor(context, kind, instance))
  if (loaded.ok) context.scope.own(`${kind}:${instance}`, loaded.value)
  return loaded
}

/** Builds everything but the sources, which come last so that nothing arrives before the pipeline stands. */
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
  if (!analyzer.ok) return analyzer
  const policy = await build(context, 'alert_policy', config.alert_policy)
  if (!policy.ok) return policy
  const notifiers: { readonly name: string; readonly notifier: Notifier }[] = []
  for (const { name, backend, config: own, enabled } of config.notifiers) {
    if (!enabled) continue
    const notifier = await build(context, 'notifier', { backend, config: own, instance: name })
    if (!notifier.ok) return notifier
    notifiers.push({ name, notifier: notifier.value })
  }
  return ok({ storage: storage.value, filter: filter.value, analyzer: analyzer.value, policy: policy.value, notifiers })
}

async function buildAnalyzer(context: PluginContext): Promise<Result<VlmAnalyzer | null, string>> {
  const { backend, run_mode, config } = context.config.vlm
  if (backend === null || run_mode === 'never') return ok(null)
  return build(context, 'analyzer', { backend, config })
}

/** Builds the sources of all enabled cameras. They do nothing until started. */
export async function buildCameras(context: PluginContext): Promise<Result<readonly BuiltCamera[], string>> {
  const cameras: BuiltCamera[] = []
  for (const { name, enabled, source } of context.config.cameras) {
    if (!enabled) continue
    const built = await build(context, 'source', { ...source, instance: name })
    if (!built.ok) return err(`camera ${name}: ${built.error}`)
    cameras.push({ name, backend: source.backend, source: built.value })
  }
  return ok(cameras)
}
