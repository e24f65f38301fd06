import { Socket } from 'node:net'
import pg from 'pg'
import { err, ok, type Result } from '../contracts/result.ts'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import { migrate, NewerDatabaseError } from './migrator.ts'
import { describeFailure } from './pg-errors.ts'

/** Where a server is: a connection string, or the folder of its Unix socket. */
export type DatabaseAddress = { readonly dsn: string } | { readonly socketDir: string; readonly port: number; readonly user: string }

export interface SessionTimeouts {
  /** TCP, TLS and Postgres handshake together. */
  readonly connectMs: number
  /** The server stops a statement after this. */
  readonly statementMs: number
  /** We stop waiting after this, for servers that do not answer at all. Larger than `statementMs`. */
  readonly answerMs: number
}

export const DEFAULT_TIMEOUTS: SessionTimeouts = { connectMs: 3000, statementMs: 5000, answerMs: 6000 }
const MIGRATION_ANSWER_MS = 300_000
const POOL_SIZE = 4
const END_GRACE_MS = 1000

/** A pool on a server that was reached and migrated. Once lost it stays lost; the connection opens another one. */
export class Session implements AsyncDisposable {
  readonly pool: pg.Pool
  readonly #sockets: Set<Socket>
  readonly #lost = new AbortController()

  constructor(pool: pg.Pool, sockets: Set<Socket>) {
    this.pool = pool
    this.#sockets = sockets
  }

  /** Aborts when the server is known to be gone: calls under way need not wait for their timeouts. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  lose(): void {
    this.#lost.abort(new Error('Connection terminated'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose()
    await Promise.race([this.pool.end().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, END_GRACE_MS).unref())])
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Connects, migrates, and only then returns. `signal` cuts it short. */
export async function openSession(
  address: DatabaseAddress,
  schema: string,
  timeouts: SessionTimeouts,
  signal: AbortSignal,
): Promise<Result<Session, PluginError>> {
  const sockets = new Set<Socket>()
  const config = clientConfig(address, schema, timeouts, sockets)
  if (!config.ok) return config
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  signal.addEventListener('abort', cut, { once: true })
  try {
    const migrated = await migrateOn(new pg.Client({ ...config.value, query_timeout: MIGRATION_ANSWER_MS }), schema)
    if (!migrated.ok) return migrated
  } finally {
    signal.removeEventListener('abort', cut)
  }
  const pool = new pg.Pool({ ...config.value, max: POOL_SIZE, idleTimeoutMillis: 30_000, allowExitOnIdle: true })
  const session = new Session(pool, sockets)
  pool.on('error', () => session.lose()) // an idle connection broke
  return ok(session)
}

async function migrateOn(client: pg.Client, schema: string): Promise<Result<void, PluginError>> {
  client.on('error', () => undefined) // the query under way fails too, and says so
  try {
    await client.connect()
    await migrate(client, schema)
    return ok()
  } catch (cause) {
    if (cause instanceof NewerDatabaseError) return err(pluginError('rejected', cause.message))
    return err(describeFailure(cause).error)
  } finally {
    await Promise.race([client.end().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, END_GRACE_MS).unref())])
  }
}

function clientConfig(
  address: DatabaseAddress,
  schema: string,
  timeouts: SessionTimeouts,
  sockets: Set<Socket>,
): Result<pg.ClientConfig, PluginError> {
  const where = 'dsn' in address ? dsnConfig(address.dsn) : ok(socketConfig(address))
  if (!where.ok) return where
  return ok({
    ...where.value,
    application_name: 'homesec',
    connectionTimeoutMillis: timeouts.connectMs,
    statement_timeout: timeouts.statementMs,
    query_timeout: timeouts.answerMs,
    keepAlive: true,
    options: `-c search_path=${pg.escapeIdentifier(schema).replaceAll(/([\\ ])/g, '\\$1')},public -c timezone=UTC`,
    // Our own sockets, so that a server that never answers can be hung up on.
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
  })
}

function socketConfig(address: Exclude<DatabaseAddress, { dsn: string }>): pg.ClientConfig {
  return { host: address.socketDir, port: address.port, user: address.user, database: 'postgres' }
}

/** Accepts `postgres:`, `postgresql:` and the forms with a driver name (`postgresql+asyncpg:`) that other tools write. */
export function dsnConfig(dsn: string): Result<pg.ClientConfig, PluginError> {
  const plain = dsn.trim().replace(/^(postgres(?:ql)?)\+[a-z0-9]+:/, '$1:')
  const usable = /^postgres(ql)?:\/\//.test(plain) && (URL.canParse(plain) || plain.includes('@/') || plain.includes(':///'))
  // Never quotes the DSN: it holds the password.
  if (!usable) return err(pluginError('rejected', 'the database DSN is not of the form postgresql://user:password@host:5432/name'))
  return ok({ connectionString: plain })
}
