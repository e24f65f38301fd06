import { access, constants, mkdir, rm, statfs } from 'node:fs/promises'
import type { AppConfig } from '../config/schema.ts'
import { messageOf, type PluginError } from '../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../contracts/result.ts'
import { lockDataDir } from '../app/data-lock.ts'
import { createLogger } from '../app/logger.ts'
import { buildCameras, buildPlugins, checkFolder, type BuiltCamera, type BuiltPlugins, type PluginContext } from '../app/build-plugins.ts'
import { isFfmpegNewEnough, LEAST_FFMPEG } from '../lib/ffmpeg/version.ts'
import { runChild } from '../lib/child-process.ts'
import { orAborted, startDeadline } from '../lib/deadline.ts'
import { plainText } from '../lib/plain-text.ts'
import { createRedactor, type Redact } from '../lib/redact.ts'
import { emptyHome } from '../app/empty-home.ts'
import { Scope } from '../lib/scope.ts'
import { systemClock } from '../lib/system-clock.ts'
import { openDatabase } from '../db/open-database.ts'
import { checkCamera } from './check-camera.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { openConfig, type OpenedConfig } from './open-config.ts'
import { complain, print } from './terminal.ts'

/** One line, and what belongs under it. */
interface Found {
  readonly headline: string
  readonly details: readonly string[]
}

interface Check {
  readonly name: string
  /** What was found, or throws/returns what is wrong. */
  readonly run: (signal: AbortSignal) => Promise<Result<string | Found, string>>
}

const CHECK_TIMEOUT_MS = 60_000
const LONGEST_DETAIL = 500
const DATABASE_WITHIN_MS = 45_000

/** Tries every part that a configuration names, for real, and prints one line for each. */
export async function doctor(configPath: string): Promise<ExitCode> {
  const opened = await openConfig(configPath)
  if (!opened.ok) {
    complain(opened.error)
    return EXIT.failed
  }
  print(`ok    configuration: ${configPath}`)
  for (const warning of opened.value.loaded.warnings) print(`note  ${warning}`)
  const redact = createRedactor(opened.value.loaded.secretValues)
  await using scope = new Scope((name, cause) => complain(`${name} did not stop cleanly: ${redact(messageOf(cause))}`))
  scope.defer('check folder', () => rm(checkFolder(), { recursive: true, force: true }))
  const context = contextFor(opened.value, scope, redact)
  const plugins = await buildPlugins(context)
  if (!plugins.ok) {
    print(`FAIL  plugins: ${redact(plugins.error)}`)
    return EXIT.failed
  }
  const checks = [
    ...machineChecks(context.config),
    ...cameraChecks(await buildCameras(context)),
    ...pluginChecks(context.config, plugins.value),
    ...databaseChecks(context),
  ]
  let failed = 0
  for (const check of checks) if (!(await perform(check, redact))) failed += 1
  print(failed === 0 ? 'Everything works.' : `${failed} ${failed === 1 ? 'part does' : 'parts do'} not work.`)
  return failed === 0 ? EXIT.ok : EXIT.failed
}

function contextFor({ loaded, catalog }: OpenedConfig, scope: Scope, redact: Redact): PluginContext {
  const log = createLogger({ level: 'error', format: 'json', redact })
  return { config: loaded.config, purpose: 'check', catalog, clock: systemClock, log, secrets: loaded.secrets, home: emptyHome(), scope }
}

async function perform(check: Check, redact: Redact): Promise<boolean> {
  using deadline = startDeadline(CHECK_TIMEOUT_MS, new AbortController().signal)
  const done = await attempt(() => orAborted(check.run(deadline.signal), deadline.signal), messageOf)
  const outcome = done.ok ? done.value : done
  if (!outcome.ok) {
    print(redact(`FAIL  ${check.name}: ${outcome.error}`))
    return false
  }
  const { headline, details } = typeof outcome.value === 'string' ? { headline: outcome.value, details: [] } : outcome.value
  print(redact(`ok    ${check.name}: ${headline}`))
  // A camera names itself and its streams as it likes.
  for (const detail of details) print(`      ${plainText(redact(detail), LONGEST_DETAIL)}`)
  return true
}

function machineChecks(config: AppConfig): Check[] {
  return [
    {
      name: 'ffmpeg',
      async run(signal) {
        const version = await runChild('ffmpeg', ['-hide_banner', '-version'], { signal, maxStdoutBytes: 100_000 })
        if (!version.ok) return err(version.error.message)
        const line = version.value.stdout.toString().split('\n')[0] ?? ''
        const { major, minor } = LEAST_FFMPEG
        return isFfmpegNewEnough(line) ? ok(line) : err(`${line}: too old for recording; install ${major}.${minor} or newer`)
      },
    },
    {
      name: 'data folder',
      async run() {
        await mkdir(config.data_dir, { recursive: true })
        await access(config.data_dir, constants.W_OK)
        const { bavail, bsize } = await statfs(config.data_dir)
        return { ok: true, value: `${config.data_dir}, ${((bavail * bsize) / 1e9).toFixed(1)} GB free` }
      },
    },
  ]
}

function cameraChecks(cameras: readonly BuiltCamera[]): Check[] {
  return cameras.map(({ name, source }) => ({
    name: `camera ${name}`,
    async run(signal) {
      const found = await checkCamera(source, systemClock, signal)
      if (!found.ok) return found
      const { facts, advice } = found.value.report ?? { facts: [], advice: [] }
      return ok({ headline: 'answers', details: [...facts, ...advice.map((sentence) => `advice: ${sentence}`)] })
    },
  }))
}

function pluginChecks(config: AppConfig, { storage, filter, analyzer, notifiers }: BuiltPlugins): Check[] {
  const checks: Check[] = [
    { name: `storage ${config.storage.backend}`, run: async (signal) => told(await storage.ping(signal), () => 'takes clips') },
    { name: `filter ${config.filter.backend}`, run: async (signal) => told(await filter.ping(signal), ({ model }) => `${model} runs`) },
  ]
  if (analyzer !== null) {
    checks.push({
      name: `vlm ${config.vlm.backend ?? ''}`,
      async run(signal) {
        const pinged = await analyzer.ping(signal)
        if (!pinged.ok) return err(pinged.error.message)
        const { model, detail } = pinged.value
        return ok({ headline: `${model} answers`, details: detail?.split('\n') ?? [] })
      },
    })
  }
  return [
    ...checks,
    ...notifiers.map(({ name, notifier }): Check => ({
      name: `notifier ${name}`,
      run: async (signal) => told(await notifier.ping(signal), () => 'reachable'),
    })),
  ]
}

/** The embedded server belongs to whoever holds the data folder; starting it twice would stop it under a running HomeSec. */
async function checkDatabase(context: PluginContext, signal: AbortSignal): Promise<Result<string, string>> {
  const { config, secrets, clock, log } = context
  const { dsn_env, schema } = config.database
  const dsn = dsn_env === null ? undefined : secrets.get(dsn_env)
  const lock = dsn === undefined ? await lockDataDir(config.data_dir, clock) : null
  if (lock?.ok === false) return ok('not tried: HomeSec is running and looks after it; see its /health')
  await using _lock = lock?.value
  const ready = new AbortController()
  await using database = openDatabase(
    dsn === undefined ? { kind: 'embedded', dataDir: config.data_dir, schema } : { kind: 'external', dsn, schema },
    { clock, log, onReady: () => ready.abort() },
  )
  await clock.sleep(DATABASE_WITHIN_MS, ready.signal)
  return told(await database.ping(signal), () => 'answers')
}

function databaseChecks(context: PluginContext): Check[] {
  const { enabled, dsn_env } = context.config.database
  if (!enabled) return []
  return [{ name: dsn_env === null ? 'database embedded' : 'database', run: (signal) => checkDatabase(context, signal) }]
}

function told<T>(result: Result<T, PluginError>, say: (value: T) => string): Result<string, string> {
  return result.ok ? ok(say(result.value)) : err(result.error.message)
}
