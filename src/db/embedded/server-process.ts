import { spawn } from 'node:child_process'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Clock } from '../../contracts/clock.ts'
import { isAlive, readPostmasterPid, worksIn, type PostmasterPid } from './postmaster-pid.ts'
import type { ServerBinaries } from './server-binaries.ts'
import { SERVER_USER_NAME } from './cluster.ts'
import { commandAs, type ServerUser } from './server-user.ts'
import { SERVER_PORT } from './socket-dir.ts'

export interface RunningServer {
  readonly pid: number
  readonly socketDir: string
  readonly port: number
}

const POLL_MS = 50
const ANSWER_MS = 2000
const ADOPT_WITHIN_MS = 10_000
const READY_WITHIN_MS = 300_000
const LOG_TAIL_BYTES = 8000
const NEVER = new AbortController().signal

/** For a small machine with one client, and durable: what was answered survives a power cut. */
const SETTINGS = [
  'listen_addresses=',
  `port=${SERVER_PORT}`,
  'unix_socket_permissions=0700',
  'max_connections=20',
  'shared_buffers=16MB',
  'maintenance_work_mem=32MB',
  'effective_cache_size=128MB',
  'random_page_cost=1.1',
  'max_parallel_workers_per_gather=0',
  'jit=off',
  'io_method=sync', // no worker processes of its own
  'autovacuum_max_workers=1',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=256MB',
  'min_wal_size=32MB',
  'checkpoint_timeout=15min',
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'log_destination=stderr',
  'logging_collector=off',
  'log_min_messages=warning',
  'log_min_error_statement=panic', // statements hold what clips are about
  'log_timezone=UTC',
]

export type StartOutcome = { readonly server: RunningServer } | { readonly output: string }

/** Starts the server and waits until it takes connections; stops it again if `signal` aborts before. It logs into its own folder, so that it does not need us to live. */
export async function startServer(
  place: { readonly dbDir: string; readonly socketDir: string },
  binaries: ServerBinaries,
  user: ServerUser,
  time: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StartOutcome> {
  const logFile = join(place.dbDir, 'server.log')
  await rm(logFile, { force: true })
  const log = await open(logFile, 'ax', 0o600)
  try {
    if (user.as === 'account') await log.chown(user.uid, user.gid)
    const settings = [...SETTINGS, `unix_socket_directories=${place.socketDir}`].flatMap((setting) => ['-c', setting])
    const { command, args, options } = commandAs(user, binaries.postgres, ['-D', place.dbDir, ...settings])
    // A session of its own: Ctrl-C at the terminal is for us, and we stop the server after the last write.
    const child = spawn(command, args, { ...options, env: binaries.env, cwd: '/', detached: true, stdio: ['ignore', log.fd, log.fd] })
    const ended = new AbortController()
    child.once('exit', () => ended.abort())
    child.once('error', () => ended.abort())
    child.unref()
    const server = await untilReady(place.dbDir, child.pid, { ...time, signal: ended.signal, stop: time.signal })
    if (server !== null) return { server }
    if (child.pid !== undefined) await stopServer(child.pid, time.clock)
  } finally {
    await log.close()
  }
  return { output: (await readFile(logFile, 'utf8').catch(() => '')).slice(-LOG_TAIL_BYTES) }
}

async function untilReady(
  dbDir: string,
  pid: number | undefined,
  time: { readonly clock: Clock; readonly signal: AbortSignal; readonly stop: AbortSignal },
): Promise<RunningServer | null> {
  const sinceMs = time.clock.monotonicMs()
  while (!time.signal.aborted && !time.stop.aborted && time.clock.monotonicMs() - sinceMs < READY_WITHIN_MS) {
    const file = await readPostmasterPid(dbDir)
    if (file !== null && file.pid === pid && file.ready) return { pid: file.pid, socketDir: file.socketDir, port: file.port }
    await time.clock.sleep(POLL_MS, time.signal)
  }
  return null
}

const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 10_000 }, // fast: ends sessions, writes everything
  { signal: 'SIGQUIT', waitMs: 3000 }, // immediate: recovers at the next start
  { signal: 'SIGKILL', waitMs: 3000 },
] as const

export async function stopServer(pid: number, clock: Clock): Promise<void> {
  for (const step of STOP_STEPS) {
    try {
      process.kill(pid, step.signal)
    } catch {
      return // already gone
    }
    for (let waitedMs = 0; waitedMs < step.waitMs; waitedMs += POLL_MS) {
      if (!(await isAlive(pid))) return
      await clock.sleep(POLL_MS, NEVER)
    }
  }
}

/**
 * The server that an earlier process of ours left behind, if it lives and is really the one of this folder. One that lives and does not
 * answer is stopped; a pid file whose process is somebody else's is removed, for Postgres would wait for that one for ever.
 */
export async function adoptServer(dbDir: string, clock: Clock, signal: AbortSignal): Promise<RunningServer | null> {
  for (let waitedMs = 0; waitedMs < ADOPT_WITHIN_MS && !signal.aborted; waitedMs += POLL_MS) {
    const file = await readPostmasterPid(dbDir)
    if (file === null || !(await isAlive(file.pid))) return null
    if ((await worksIn(file.pid, dbDir)) === false) {
      await rm(join(dbDir, 'postmaster.pid'), { force: true })
      return null
    }
    if (file.ready && (await servesFolder(file, dbDir))) return { pid: file.pid, socketDir: file.socketDir, port: file.port }
    await clock.sleep(POLL_MS, signal)
  }
  await stopStranger(dbDir, clock)
  return null
}

/** Stops whatever server runs on this folder. */
export async function stopStranger(dbDir: string, clock: Clock): Promise<void> {
  const file = await readPostmasterPid(dbDir)
  if (file !== null && (await isAlive(file.pid)) && (await worksIn(file.pid, dbDir)) === true) await stopServer(file.pid, clock)
}

async function servesFolder(file: PostmasterPid, dbDir: string): Promise<boolean> {
  const timeouts = { connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS }
  const client = new pg.Client({ host: file.socketDir, port: file.port, user: SERVER_USER_NAME, database: 'postgres', ...timeouts })
  client.on('error', () => undefined) // the query fails too
  try {
    await client.connect()
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')
    return rows[0]?.data_directory === dbDir
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
