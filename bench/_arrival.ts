import { join } from 'node:path'
import { startApp, type App } from '../src/app/run-app.ts'
import { toAppConfig } from '../src/config/normalise.ts'
import { ConfigFileSchema } from '../src/config/schema.ts'
import type { ClipEvent } from '../src/contracts/clip-events.ts'
import type { PluginCatalog } from '../src/contracts/plugin.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { builtinPlugins } from '../src/plugins/builtin.ts'

const PATIENCE_MS = 30_000
const never = new AbortController().signal

interface Clips {
  readonly source: { readonly backend: string; readonly config: Readonly<Record<string, unknown>> }
  readonly catalog?: PluginCatalog
  /** Keys of the configuration that differ. */
  readonly changes?: Readonly<Record<string, unknown>>
}

/** The whole app in a folder, with the real detector, and clips from `source`. */
export async function startHere(folder: string, model: string, { source, catalog = builtinPlugins, changes = {} }: Clips): Promise<App> {
  const file = ConfigFileSchema.parse({
    version: 1,
    data_dir: join(folder, 'data'),
    cameras: [{ name: 'door', source }],
    storage: { backend: 'local', config: { root: join(folder, 'storage') } },
    filter: { backend: 'yolo', config: { model } },
    alert_policy: { config: { notify_on_classes: ['person'] } },
    notifiers: [],
    server: { enabled: false },
    log: { level: 'error' },
    ...changes,
  })
  const config = toAppConfig(file, folder)
  const loaded = { config, hash: 'bench', secrets: { get: () => undefined }, secretValues: [], warnings: [] }
  const started = await startApp(loaded, catalog)
  if (!started.ok) throw new Error(started.error)
  return started.value
}

/** The detector is loaded and the database runs: what goes on at start is over. */
export async function allWell(app: App): Promise<void> {
  const startedMs = performance.now()
  while (app.health().components.length === 0 || app.health().components.some(({ status }) => status !== 'ok')) {
    if (performance.now() - startedMs > 4 * PATIENCE_MS) throw new Error(`not healthy: ${JSON.stringify(app.health())}`)
    await systemClock.sleep(100, never)
  }
}

export type Decision = Extract<ClipEvent, { event_type: 'alert_decision_made' }>

export async function decisionOn(app: App, deliver: () => Promise<void>): Promise<{ readonly ms: number; readonly decision: Decision }> {
  let decidedNow: (decision: Decision) => void = () => undefined
  const decided = new Promise<Decision>((resolve) => (decidedNow = resolve))
  using _listening = app.subscribe((event) => {
    if (event.event_type === 'alert_decision_made') decidedNow(event)
  })
  const startedMs = performance.now()
  await deliver()
  const done = new AbortController()
  const tooLate = systemClock.sleep(PATIENCE_MS, done.signal).then(() => null)
  const decision = await Promise.race([decided, tooLate])
  const ms = performance.now() - startedMs
  done.abort()
  if (decision === null) throw new Error(`no decision within ${PATIENCE_MS} ms`)
  return { ms, decision }
}
