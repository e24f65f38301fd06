import { join } from 'node:path'
import { startApp, type App } from '../app/run-app.ts'
import { toAppConfig } from '../config/normalise.ts'
import { ConfigFileSchema } from '../config/schema.ts'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { systemClock } from '../lib/system-clock.ts'
import { builtinPlugins } from '../plugins/builtin.ts'

const WELL_WITHIN_MS = 120_000
const never = new AbortController().signal

export interface RecordingAppOptions {
  /** Default: the plugins that are built in. */
  readonly catalog?: PluginCatalog
  /** Of every camera, besides its address. */
  readonly source?: Readonly<Record<string, unknown>>
}

/**
 * The whole app as `homesec run` starts it, with its own database and storage in `folder`, recording `urls` as `cam0`, `cam1`, … with
 * the default settings. The detector finds a person in every clip without looking, and nobody is told.
 */
export async function startRecordingApp(
  folder: string,
  urls: readonly string[],
  { catalog = builtinPlugins, source = {} }: RecordingAppOptions = {},
): Promise<App> {
  const file = ConfigFileSchema.parse({
    version: 1,
    data_dir: join(folder, 'data'),
    cameras: urls.map((_url, at) => ({ name: `cam${at}`, source: { backend: 'rtsp', config: { ...source, rtsp_url_env: `CAM_${at}` } } })),
    storage: { backend: 'local', config: { root: join(folder, 'storage') } },
    filter: { backend: 'mock' },
    alert_policy: { config: { notify_on_classes: ['person'] } },
    notifiers: [],
    server: { port: 0 },
    log: { level: 'error' },
  })
  const config = toAppConfig(file, folder)
  const env = new Map(urls.map((url, at) => [`CAM_${at}`, url]))
  const secrets = { get: (name: string) => env.get(name) }
  const started = await startApp({ config, hash: 'bench', secrets, secretValues: [], warnings: [] }, catalog)
  if (!started.ok) throw new Error(started.error)
  return started.value
}

/** All cameras deliver and the database runs: what goes on at start is over. */
export async function untilWell(app: App): Promise<void> {
  const startedMs = performance.now()
  while (app.health().components.length === 0 || app.health().components.some(({ status }) => status !== 'ok')) {
    if (performance.now() - startedMs > WELL_WITHIN_MS) throw new Error(`not healthy: ${JSON.stringify(app.health())}`)
    await systemClock.sleep(100, never)
  }
}
