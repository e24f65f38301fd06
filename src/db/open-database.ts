import type { Clock } from '../contracts/clock.ts'
import { messageOf } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipQueries, EventStore, LogStore, StateStore } from '../contracts/repository.ts'
import { PostgresClipQueries } from './clip-queries.ts'
import { Connection } from './connection.ts'
import { EmbeddedServer } from './embedded/embedded-server.ts'
import { PostgresEventStore } from './event-store.ts'
import { PostgresLogStore } from './log-store.ts'
import { DEFAULT_TIMEOUTS, type SessionTimeouts } from './session.ts'
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
  const onReady = () => tell(() => host.onReady?.(), log)
  const onRebuilt = (movedTo: string) => tell(() => host.onRebuilt?.(movedTo), log)
  const openServer = (dataDir: string) =>
    new EmbeddedServer({ dataDir, clock, log, onRebuilt, onUp: () => connection.retryNow(), onDown: () => connection.lose() })
  const server = config.kind === 'embedded' ? openServer(config.dataDir) : null
  const connection: Connection = new Connection({
    address: () => (config.kind === 'external' ? { dsn: config.dsn } : (server?.address ?? null)),
    schema: config.schema ?? DEFAULT_SCHEMA,
    clock,
    log,
    onReady,
    onDamaged: () => server?.condemn(),
    timeouts: host.timeouts ?? DEFAULT_TIMEOUTS,
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

/** A listener that throws must not end the loop that keeps the database going. */
function tell(listener: () => void, log: Logger): void {
  try {
    listener()
  } catch (cause) {
    log.error({ event_type: 'database_listener_threw', reason: messageOf(cause) }, 'a listener of the database threw')
  }
}
