import { spawn } from 'node:child_process'
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { ServerBinaries } from './server-binaries.ts'
import { commandAs, giveFolderTo, type ServerUser } from './server-user.ts'
import { explainStartFailure } from './start-failure.ts'

export const SERVER_USER_NAME = 'homesec'
/** More are not worth their space: what is in them can be rebuilt from the journal files. */
const KEPT_DAMAGED_FOLDERS = 2
const OUTPUT_TAIL_CHARS = 4000

export type ClusterState = 'absent' | 'usable' | 'unusable'

/** `unusable`: not a database folder, or one of another major version. */
export async function inspectCluster(dbDir: string, majorVersion: number): Promise<ClusterState> {
  const entries = await readdir(dbDir).catch((cause: unknown) => (codeOf(cause) === 'ENOENT' ? [] : null))
  if (entries === null) return 'unusable'
  if (entries.length === 0) return 'absent'
  const version = await readFile(join(dbDir, 'PG_VERSION'), 'utf8').catch(() => '')
  return version.trim() === String(majorVersion) ? 'usable' : 'unusable'
}

/** Made under another name and renamed when it is complete: a kill in between leaves nothing half made. */
export async function createCluster(
  dbDir: string,
  binaries: ServerBinaries,
  user: ServerUser,
  signal: AbortSignal,
): Promise<Result<void, PluginError>> {
  const making = `${dbDir}.new`
  try {
    await rm(making, { recursive: true, force: true })
    await mkdir(making, { mode: 0o700 })
    await giveFolderTo(user, making)
    const made = await runInitdb(making, binaries, user, signal)
    if (!made.ok) {
      await rm(making, { recursive: true, force: true })
      return made
    }
    await rm(dbDir, { recursive: true, force: true }) // absent or empty
    await rename(making, dbDir)
    await syncFolder(dirname(dbDir))
    return ok()
  } catch (cause) {
    return err(pluginError('unavailable', `the database folder cannot be made (${codeOf(cause)})`, cause))
  }
}

/** Out of the way, kept for whoever wants to look. Returns its new name. */
export async function moveAside(dbDir: string, epochSeconds: number): Promise<Result<string, PluginError>> {
  try {
    const target = await freeName(`${dbDir}.damaged-${epochSeconds}`)
    await rename(dbDir, target)
    await syncFolder(dirname(dbDir))
    await dropOldest(dbDir)
    return ok(target)
  } catch (cause) {
    return err(pluginError('unavailable', `the damaged database folder cannot be moved aside (${codeOf(cause)})`, cause))
  }
}

function runInitdb(folder: string, binaries: ServerBinaries, user: ServerUser, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
  // `trust` on the socket: it lies in a folder that only the server and we can enter. No other way in.
  const access = ['--auth-local=trust', '--auth-host=reject', `--username=${SERVER_USER_NAME}`]
  const text = ['--encoding=UTF8', `--locale=${locale}`, '--text-search-config=simple']
  const { command, args, options } = commandAs(user, binaries.initdb, ['-D', folder, ...access, ...text, '--no-instructions'])
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, env: binaries.env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output = (output + chunk).slice(-OUTPUT_TAIL_CHARS)))
    const stop = () => void child.kill('SIGTERM')
    signal.addEventListener('abort', stop, { once: true })
    child.once('error', (cause) => resolve(err(pluginError('rejected', `initdb cannot be started (${codeOf(cause)})`, cause))))
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop)
      resolve(code === 0 ? ok() : err(initdbError(output, signal)))
    })
  })
}

function initdbError(output: string, signal: AbortSignal): PluginError {
  if (signal.aborted) return pluginError('cancelled', 'making the database was cancelled')
  const failure = explainStartFailure(output)
  const { kind, reason } = failure.cause === 'surroundings' ? failure : { kind: 'unavailable' as const, reason: 'initdb failed' }
  return pluginError(kind, reason, new Error(output))
}

async function freeName(wanted: string): Promise<string> {
  const taken = new Set(await readdir(dirname(wanted)))
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`
    if (!taken.has(basename(name))) return name
  }
}

async function dropOldest(dbDir: string): Promise<void> {
  const prefix = `${basename(dbDir)}.damaged-`
  const folders = (await readdir(dirname(dbDir))).filter((name) => name.startsWith(prefix)).sort()
  for (const name of folders.slice(0, -KEPT_DAMAGED_FOLDERS)) await rm(join(dirname(dbDir), name), { recursive: true, force: true })
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Postgres refuses a folder that others may enter, as a restored backup may be. */
export async function closeToOthers(dbDir: string): Promise<void> {
  await chmod(dbDir, 0o700)
}
