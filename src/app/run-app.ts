import { rm } from 'node:fs/promises'
import { authIsOn } from '../config/normalise.ts'
import type { LoadedConfig } from '../config/check-config.ts'
import type { AppHealth } from '../contracts/health.ts'
import type { Logger } from '../contracts/logger.ts'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { RepositoryListener } from '../core/clips/clip-repository.ts'
import { probeVideo } from '../lib/ffmpeg/probe.ts'
import { remuxToMp4 } from '../lib/ffmpeg/remux.ts'
import { createRedactor } from '../lib/redact.ts'
import { Scope } from '../lib/scope.ts'
import { systemClock } from '../lib/system-clock.ts'
import { apiKey } from './api-key.ts'
import { CameraWatch } from './camera-watch.ts'
import { buildCameras, buildPlugins, type PluginContext } from './build-plugins.ts'
import { buildPipeline, tempDirOf } from './build-pipeline.ts'
import { makeThumbnail } from './clip-stages.ts'
import { openHome } from './home-hub.ts'
import { lockDataDir } from './data-lock.ts'
import { createLogger, type LogLine } from './logger.ts'
import { logNodeWarnings } from './node-warnings.ts'
import { openIndex } from './open-index.ts'
import { serveApi } from './serve-api.ts'
import type { Parts } from './parts.ts'
import { reportStrayRecordings } from './stray-recordings.ts'
import { startCameras } from './start-cameras.ts'
import { recoverInBackground, runTimers, watchHealth, tellQuietDigests } from './background-work.ts'

export interface App extends AsyncDisposable {
  /** Where the API listens; null when it is off or its port is taken. */
  readonly url: string | null
  readonly log: Logger
  health(): AppHealth
  /** Every event of every clip, as it happens. */
  subscribe(listener: RepositoryListener): Disposable
}

/**
 * Brings HomeSec up: the only place that knows every part. What is built first goes last, and nothing but the lock on the data
 * folder and the plugins themselves can keep it from starting: databases, brokers and cameras may all be down.
 */
export async function startApp(loaded: LoadedConfig, catalog: PluginCatalog): Promise<Result<App, string>> {
  const { config } = loaded
  const clock = systemClock
  const lock = await lockDataDir(config.data_dir, clock)
  if (!lock.ok) return err(lock.error.message)
  // Clips that were fetched back for a process that was killed.
  await rm(tempDirOf(config), { recursive: true, force: true }).catch(() => undefined)

  const key = authIsOn(config.server) ? await apiKey(config.server.auth.api_key_env, config.data_dir, loaded.secrets) : ok(null)
  const redact = createRedactor([...loaded.secretValues, ...(key.ok && key.value !== null ? [key.value] : [])])
  const tee: { take: (line: LogLine) => void } = { take: () => undefined }
  const log = createLogger({ level: config.log.level, format: logFormat(config.log.format), redact, tee: (line) => tee.take(line) })
  const scope = new Scope((name, cause) => log.error({ event_type: 'dispose_failed', part: name, cause }, 'a part did not stop cleanly'))
  scope.own('data folder lock', lock.value)
  const nodeWarnings = logNodeWarnings(log)
  scope.defer('warnings of Node', async () => nodeWarnings[Symbol.dispose]())
  const giveUp = async (reason: string) => {
    await scope[Symbol.asyncDispose]()
    return err(redact(reason))
  }
  if (!key.ok) return giveUp(key.error)
  for (const warning of loaded.warnings) log.warn({ event_type: 'config_warning' }, warning)

  const home = await openHome(config, log)
  const context: PluginContext = { config, purpose: 'run', catalog, clock, log, secrets: loaded.secrets, home, scope }
  const index = openIndex(config, { clock, log, scope, secrets: loaded.secrets, setTee: (take) => (tee.take = take) })
  const plugins = await buildPlugins(context)
  if (!plugins.ok) return giveUp(plugins.error)
  const known = deferred()
  const pipeline = buildPipeline({
    config,
    configHash: loaded.hash,
    plugins: plugins.value,
    video: { probe: probeVideo, remux: remuxToMp4, makeThumbnail },
    clock,
    log,
    redact,
    scope,
    knownClips: known.promise,
    settingsOf: (cameraName) => home.settings(cameraName),
  })
  const cameras = await buildCameras(context)

  await reportStrayRecordings(config.data_dir, cameras, pipeline.alerts)

  index.follow(pipeline)
  let brokeOff = false
  const watched = { config, clock, log, redact, scope, pipeline, plugins: plugins.value, cameras }
  const health = watchHealth({ ...watched, ping: index.ping, recoveryBrokeOff: () => brokeOff })
  index.onReady(() => void health.refresh('database'))
  runTimers({ config, clock, log, scope, pipeline })
  const cameraWatch = new CameraWatch({ cameras, clock, log, redact })
  const parts = { ...watched, health, index, cameraWatch }
  home.attach(parts)
  const url = await serveApi(parts, key.value)
  recoverInBackground({ ...parts, onKnown: known.resolve, onBrokeOff: () => (brokeOff = true) })
  tellQuietDigests(parts)
  await startCameras(parts)
  log.info({ event_type: 'homesec_started', cameras: cameras.map(({ name }) => name), url }, 'HomeSec is running')
  return ok(appOf(parts, url))
}

function appOf({ log, scope, health, pipeline }: Pick<Parts, 'log' | 'scope' | 'health' | 'pipeline'>, url: string | null): App {
  return {
    url,
    log,
    health: () => health.health(),
    subscribe: (listener) => pipeline.repository.subscribe(listener),
    [Symbol.asyncDispose]: async () => {
      log.info({ event_type: 'homesec_stopping' }, 'stopping; clips in flight may finish')
      await scope[Symbol.asyncDispose]()
      log.info({ event_type: 'homesec_stopped' }, 'stopped')
    },
  }
}

function logFormat(format: 'auto' | 'json' | 'pretty'): 'json' | 'pretty' {
  if (format !== 'auto') return format
  return process.stderr.isTTY ? 'pretty' : 'json'
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
