import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTimers } from '../src/app/background-work.ts'
import { buildPipeline, type Pipeline } from '../src/app/build-pipeline.ts'
import type { BuiltPlugins } from '../src/app/build-plugins.ts'
import { createLogger } from '../src/app/logger.ts'
import { openIndex, type ClipDatabase } from '../src/app/open-index.ts'
import { toAppConfig } from '../src/config/normalise.ts'
import { ConfigFileSchema, type AppConfig } from '../src/config/schema.ts'
import { DEFAULT_CAMERA_SETTINGS } from '../src/contracts/home.ts'
import { ok } from '../src/contracts/result.ts'
import type { StorageBackend } from '../src/contracts/storage.ts'
import { Scope } from '../src/lib/scope.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { defaultAlertPolicy } from '../src/plugins/alert-policies/default/plugin.ts'
import { mockFilter } from '../src/plugins/filters/mock/plugin.ts'
import { testHost } from '../src/testkit/plugin-host.ts'

/** The real pipeline with plugins that answer at once: what is left is our own cost. */
export interface BenchPipeline extends AsyncDisposable {
  readonly folder: string
  readonly config: AppConfig
  readonly pipeline: Pipeline
  readonly index: ClipDatabase
}

const never = new AbortController().signal
const THUMBNAIL = new Uint8Array(20_000)

export async function startPipeline(file: Readonly<Record<string, unknown>> = {}): Promise<BenchPipeline> {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-bench-'))
  const parsed = ConfigFileSchema.parse({
    version: 1,
    data_dir: join(folder, 'data'),
    cameras: [{ name: 'door', source: { backend: 'folder', config: {} } }],
    filter: { backend: 'mock' },
    storage: { backend: 'nowhere' },
    ...file,
  })
  const config = toAppConfig(parsed, folder)
  const clock = systemClock
  const redact = (text: string) => text
  const log = createLogger({ level: 'error', format: 'json', redact })
  const scope = new Scope((name, cause) => log.error({ event_type: 'dispose_failed', part: name, cause }, 'a part did not stop cleanly'))
  const index = openIndex(config, { clock, log, scope, secrets: { get: () => undefined }, setTee: () => undefined })
  const pipeline = buildPipeline({
    config,
    configHash: 'bench',
    plugins: await instantPlugins(folder),
    video: {
      probe: async () => ok({ duration_s: 10, creation_time: null, is_mp4: true }),
      remux: async () => ok(),
      makeThumbnail: async () => ok(THUMBNAIL),
    },
    clock,
    log,
    redact,
    scope,
    knownClips: Promise.resolve(),
    settingsOf: () => DEFAULT_CAMERA_SETTINGS,
  })
  index.follow(pipeline)
  runTimers({ config, clock, log, scope, pipeline })
  return {
    folder,
    config,
    pipeline,
    index,
    [Symbol.asyncDispose]: async () => {
      await scope[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Until the embedded server has been set up and migrated. */
export async function databaseReady(index: ClipDatabase): Promise<void> {
  for (let turn = 0; turn < 600; turn += 1) {
    if (index.ping !== null && (await index.ping(never)).ok) return
    await systemClock.sleep(100, never)
  }
  throw new Error('the embedded database did not start')
}

async function instantPlugins(folder: string): Promise<BuiltPlugins> {
  const host = testHost({ dirs: { data: folder, state: join(folder, 'state') } })
  const filter = await mockFilter.load({ detected_classes: ['person'] }, host)
  const policy = await defaultAlertPolicy.load({ notify_on_classes: ['person'] }, host)
  if (!filter.ok || !policy.ok) throw new Error('a plugin of the bench does not load')
  const done = async () => ok()
  const notifier = { send: done, sendSystem: done, ping: done, [Symbol.asyncDispose]: async () => undefined }
  return {
    storage: nowhere(),
    filter: filter.value,
    analyzer: null,
    policy: policy.value,
    notifiers: [{ name: 'nobody', notifier }],
  }
}

/** Takes everything and keeps nothing. */
function nowhere(): StorageBackend {
  const stored = async (_from: unknown, key: string) => ok({ storage_uri: `nowhere:${key}`, view_url: null })
  const refuse = async () => {
    throw new Error('nothing is kept here')
  }
  return {
    put: stored,
    putBytes: stored,
    locate: (key) => ok(`nowhere:${key}`),
    get: refuse,
    read: refuse,
    exists: async () => ok(true),
    delete: async () => ok(),
    ping: async () => ok(),
    [Symbol.asyncDispose]: async () => undefined,
  }
}
