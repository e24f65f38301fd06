import type { AppConfig } from '../config/schema.ts'
import type { Clock } from '../contracts/clock.ts'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipQueries, EventStore, StateStore } from '../contracts/repository.ts'
import { err, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'
import { IndexWriter } from '../core/clips/index-writer.ts'
import { openDatabase, type Database } from '../db/open-database.ts'
import type { Scope } from '../lib/scope.ts'
import { untilDone } from '../lib/until-done.ts'
import type { Pipeline } from './build-pipeline.ts'
import { LogShipper } from './log-shipper.ts'
import type { LogLine } from './logger.ts'

/** The database as the rest sees it: it answers or says that it cannot, and catches up by itself. */
export interface ClipDatabase {
  readonly queries: ClipQueries
  readonly events: Pick<EventStore, 'list'>
  readonly states: Pick<StateStore, 'get'>
  readonly ping: ((signal: AbortSignal) => Promise<Result<void, PluginError>>) | null
  /** From now on everything that happens in the pipeline is written behind it. */
  follow(pipeline: Pipeline): void
  /** Hears each time that the database has become usable. */
  onReady(listener: () => void): void
  /** Compares all rows with the journals; call it once those are known. */
  catchUp(): void
}

interface IndexContext {
  readonly clock: Clock
  readonly log: Logger
  readonly scope: Scope
  readonly secrets: Secrets
  readonly setTee: (take: (line: LogLine) => void) => void
}

const FLUSH_AT_STOP_MS = 3_000
const RECONCILE_PACE = { firstDelayMs: 2_000, mostDelayMs: 60_000 }

export function openIndex(config: AppConfig, context: IndexContext): ClipDatabase {
  if (!config.database.enabled) return withoutDatabase()
  const { clock, log, scope } = context
  const stop = new AbortController()
  let writer: IndexWriter | null = null
  let pipeline: Pipeline | null = null
  let known = false
  const listeners: (() => void)[] = []

  let round = 0
  const catchUp = async () => {
    round += 1
    const mine = round
    const compare = async () => {
      if (writer === null || pipeline === null || !known || mine !== round) return true // a later round does it
      const found = await writer.reconcile(pipeline.index.digests(), stop.signal)
      if (found.ok || found.error.kind === 'cancelled') return true
      log.debug({ event_type: 'reconcile_failed', error: found.error.message }, 'the database could not be compared with the journals yet')
      return false
    }
    await untilDone(compare, { clock, ...RECONCILE_PACE, random: Math.random }, stop.signal)
  }
  /** Also after a damaged database was replaced by an empty one: the comparison finds every row missing. */
  const onReady = () => {
    writer?.poke()
    void catchUp()
    for (const listener of listeners) listener()
  }
  const database: Database = scope.own('database', openDatabase(databaseConfig(config, context.secrets), { clock, log, onReady }))
  ownShipper(config, database, context)
  return {
    queries: database.queries,
    events: database.events,
    states: database.states,
    ping: (signal) => database.ping(signal),
    onReady: (listener) => void listeners.push(listener),
    follow(followed) {
      pipeline = followed
      const { repository } = followed
      const own = new IndexWriter({ repository, states: database.states, events: database.events, clock, log })
      writer = own
      const following = repository.subscribe((event, state) => own.note(event, state))
      scope.defer('database writer', async () => {
        following[Symbol.dispose]()
        const caughtUp = await own.flush(FLUSH_AT_STOP_MS, stop.signal)
        if (!caughtUp) log.info({ event_type: 'database_behind', clips: own.behind }, 'the database catches up at the next start')
        stop.abort()
        await own[Symbol.asyncDispose]()
      })
    },
    catchUp() {
      known = true
      void catchUp()
    },
  }
}

function databaseConfig({ database, data_dir }: AppConfig, secrets: Secrets): Parameters<typeof openDatabase>[0] {
  const dsn = database.dsn_env === null ? undefined : secrets.get(database.dsn_env)
  return dsn === undefined
    ? { kind: 'embedded', dataDir: data_dir, schema: database.schema }
    : { kind: 'external', dsn, schema: database.schema }
}

function ownShipper(config: AppConfig, database: Database, { clock, scope, setTee }: IndexContext): void {
  const { enabled, level, max_age_days, max_rows } = config.telemetry.logs
  if (!enabled) return
  const shipper = scope.own('telemetry', new LogShipper(database.logs, clock, { level, maxAgeDays: max_age_days, maxRows: max_rows }))
  setTee((line) => shipper.take(line))
}

function withoutDatabase(): ClipDatabase {
  const off = async () => err(pluginError('unavailable', 'the database is off (database.enabled: false)'))
  return {
    queries: { list: off, stats: off },
    events: { list: off },
    states: { get: off },
    ping: null,
    onReady: () => undefined,
    follow: () => undefined,
    catchUp: () => undefined,
  }
}
