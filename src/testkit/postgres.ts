import { execFile, spawn } from 'node:child_process'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const BIN = '/usr/lib/postgresql/15/bin'

/** Why tests with an outside server cannot run here, or null. */
export const noOutsidePostgres: string | null = existsSync(`${BIN}/postgres`) ? null : `no Postgres binaries in ${BIN}`

/** A server that is not ours, as a household may run one; on a Unix socket in a temporary folder. */
export interface OutsidePostgres extends AsyncDisposable {
  readonly dsn: string
  start(): Promise<void>
  stop(): Promise<void>
  /** The server is there and answers nobody, until `thaw`. */
  freeze(): Promise<void>
  thaw(): Promise<void>
}

export async function startOutsidePostgres(): Promise<OutsidePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'pg15-'))
  const user = await postgresUser()
  if (user !== null) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const as = { ...(user ?? {}), env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
  await promisify(execFile)(
    `${BIN}/initdb`,
    ['-D', data, '-U', 'homesec', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'],
    as,
  )
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off', 'shared_buffers=32MB']
  let server: ReturnType<typeof spawn> | null = null

  const pids = async () => {
    const main = server?.pid
    if (main === undefined) return []
    const children = await readFile(`/proc/${main}/task/${main}/children`, 'utf8')
    return [main, ...children.trim().split(/\s+/).filter(Boolean).map(Number)]
  }
  const signalAll = async (signal: 'SIGSTOP' | 'SIGCONT') => {
    for (const pid of await pids()) {
      try {
        process.kill(pid, signal)
      } catch {
        // a session that ended meanwhile
      }
    }
  }
  const outside: OutsidePostgres = {
    dsn: `postgresql://homesec@/postgres?host=${encodeURIComponent(folder)}`,
    start: async () => {
      server = spawn(`${BIN}/postgres`, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], { ...as, stdio: 'ignore' })
      for (let turn = 0; turn < 4000; turn += 1) {
        const lines = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
        if (lines.split('\n')[7]?.startsWith('ready')) return
        await delay(25)
      }
      throw new Error('the outside Postgres did not start')
    },
    stop: async () => {
      const running = server
      server = null
      if (running === null || running.exitCode !== null || running.signalCode !== null) return
      const exited = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGQUIT')
      await exited
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await signalAll('SIGCONT').catch(() => undefined)
      await outside.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await outside.start()
  return outside
}

/** Postgres refuses to run as root. */
async function postgresUser(): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (process.getuid?.() !== 0) return null
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) throw new Error('no user postgres')
  return { uid: Number(uid), gid: Number(gid) }
}
