import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../contracts/clock.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { every } from '../lib/every.ts'

const HolderSchema = z.object({
  pid: z.number().int().positive(),
  /** Tells a living holder from another process that was given its number later; null where the system does not say. */
  process_start: z.string().nullable(),
  host: z.string(),
  since: z.string(),
  token: z.string(),
})
type Holder = z.infer<typeof HolderSchema>
type LockClock = Pick<Clock, 'now' | 'sleep'>

/** The holder touches its lock this often. */
const REFRESH_MS = 30_000
/** A lock of another machine or container that nobody touched for this long was left behind. */
const STALE_AFTER_MS = 3 * 60_000

/**
 * One HomeSec per data folder. The lock names its holder, so that the second one can say who the first is; a lock left by a
 * process that is gone is taken over. One from elsewhere, such as a container that was replaced by this one, tells by its age.
 */
export async function lockDataDir(dataDir: string, clock: LockClock): Promise<Result<AsyncDisposable, PluginError>> {
  const path = join(dataDir, 'homesec.lock')
  const mine: Holder = {
    pid: process.pid,
    process_start: await processStart(process.pid),
    host: hostname(),
    since: clock.now().toISOString(),
    token: randomUUID(),
  }
  try {
    await mkdir(dataDir, { recursive: true })
    for (let tries = 0; tries < 5; tries += 1) {
      if (await claim(path, mine)) return ok(hold(path, mine, clock))
      const holder = await readHolder(path)
      if (holder !== null && (await isAlive(holder, path, clock))) return err(pluginError('rejected', heldBy(holder, dataDir)))
      await removeStale(path, holder, mine)
    }
    return err(pluginError('unavailable', `the lock ${path} keeps changing hands; try again`))
  } catch (cause) {
    return err(pluginError('rejected', `the data folder ${dataDir} cannot be used: ${codeOf(cause) || messageOf(cause)}`, cause))
  }
}

function hold(path: string, mine: Holder, clock: LockClock): AsyncDisposable {
  const refresh = async () => {
    if ((await readHolder(path))?.token === mine.token) await utimes(path, clock.now(), clock.now())
  }
  // Once it fails a few times the lock looks left behind to other machines only; nothing here depends on it.
  const refreshing = every(REFRESH_MS, clock, refresh, () => undefined)
  return {
    async [Symbol.asyncDispose]() {
      await refreshing[Symbol.asyncDispose]()
      await release(path, mine)
    },
  }
}

/** Moved, not deleted: if it was exchanged for a living one since we looked, that one is put back. */
async function removeStale(path: string, stale: Holder | null, mine: Holder): Promise<void> {
  const aside = `${path}.stale-${mine.token}`
  await rename(path, aside).catch(() => undefined)
  const moved = await readHolder(aside)
  if (moved !== null && moved.token !== stale?.token) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

function heldBy(holder: Holder, dataDir: string): string {
  const elsewhere =
    holder.host === hostname()
      ? ''
      : ` If that machine or container is gone, try again in ${STALE_AFTER_MS / 60_000} minutes, or delete ${join(dataDir, 'homesec.lock')}.`
  return `another HomeSec (process ${holder.pid} on ${holder.host}, since ${holder.since}) is using ${dataDir}. Stop it, or give this one another data_dir.${elsewhere}`
}

/** A hard link to a complete file either appears whole or not at all. */
async function claim(path: string, mine: Holder): Promise<boolean> {
  const draft = `${path}.${mine.token}`
  try {
    await writeFile(draft, JSON.stringify(mine), { mode: 0o600 })
    await link(draft, path)
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(cause))) throw cause
    return await claimWithoutLinks(path, mine)
  } finally {
    await rm(draft, { force: true })
  }
  const holder = await readHolder(path)
  return holder?.token === mine.token
}

/** For file systems without hard links. */
async function claimWithoutLinks(path: string, mine: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(mine), { flag: 'wx', mode: 0o600 })
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
}

async function release(path: string, mine: Holder): Promise<void> {
  const holder = await readHolder(path)
  if (holder?.token === mine.token) await rm(path, { force: true })
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    const parsed = HolderSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

async function isAlive(holder: Holder, path: string, clock: LockClock): Promise<boolean> {
  // Another machine on a shared folder cannot be asked, but a living one keeps touching its lock.
  if (holder.host !== hostname()) {
    const touchedMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => -Infinity,
    )
    return clock.now().getTime() - touchedMs < STALE_AFTER_MS
  }
  try {
    process.kill(holder.pid, 0)
  } catch (cause) {
    if (codeOf(cause) === 'ESRCH') return false
  }
  const started = await processStart(holder.pid)
  return holder.process_start === null || started === null || started === holder.process_start
}

/** Field 22 of /proc/PID/stat: when the process began, in ticks since boot. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = /btime (\d+)/.exec(await readFile('/proc/stat', 'utf8'))?.[1] ?? ''
    return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
  } catch {
    return null
  }
}
