import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipQueries, EventStore, LogStore, StateStore } from '../contracts/repository.ts'
import { PostgresClipQueries } from './clip-queries.ts'
import { Connection } from './connection.ts'
import { EmbeddedServer } from './embedded/embedded-server.ts'
import { PostgresEventStore } from './event-store.ts'
import { PostgresLogStore } from './log-store.ts'
import type { SessionTimeouts } from './session.ts'
import { PostgresStateStore } from './state-store.ts'

export type DatabaseConfig =
  | { readonly kind: 'embedded'; readonly dataDir: string; readonly schema?: string }
  | { readonly kind: 'external'; readonly dsn: string; readonly schema?: string }

export interface DatabaseHost {
  readonly clock: Clock
  readonly log: Logger
  readonly timeouts?: SessionTimeouts
  /** Every time the database becomes usable, also after an outage: what was not written meanwhile can be written now. */
  readonly onReady?: () => void
  /** The embedded database was damaged, was moved to `movedTo` and is empty now: rebuild it from the journal files. */
  readonly onRebuilt?: (movedTo: string) => void
}

export interface Database extends AsyncDisposable {
  readonly states: StateStore
  readonly events: EventStore
  readonly logs: LogStore
  readonly queries: ClipQueries
  /** The database answers now. `unavailable` at once while there is none. */
  ping: StateStore['ping']
}

const DEFAULT_SCHEMA = 'homesec'

/** Returns at once; connecting, and starting the embedded server, happen behind it and are tried for ever. */
export function openDatabase(config: DatabaseConfig, host: DatabaseHost): Database {
  const { log, clock } = host
  const server = config.kind === 'embedded' ? new EmbeddedServer({ dataDir: config.dataDir, ...host, onUp: () => connection.retryNow() }) : null
  const connection: Connection = new Connection({
    address: () => (config.kind === 'external' ? { dsn: config.dsn } : (server?.address ?? null)),
    schema: config.schema ?? DEFAULT_SCHEMA,
    clock,
    log,
    onDamaged: () => server?.condemn(),
    ...(host.timeouts === undefined ? {} : { timeouts: host.timeouts }),
    ...(host.onReady === undefined ? {} : { onReady: host.onReady }),
  })
  const states = new PostgresStateStore(connection, log)
  return {
    states,
    events: new PostgresEventStore(connection, log),
    logs: new PostgresLogStore(connection, clock),
    queries: new PostgresClipQueries(connection, log),
    ping: (signal) => states.ping(signal),
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]()
      await server?.[Symbol.asyncDispose]()
    },
  }
}
