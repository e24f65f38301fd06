import { readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../contracts/errors.ts'

/** What a running server writes into its folder. */
export interface PostmasterPid {
  readonly pid: number
  readonly socketDir: string
  readonly port: number
  readonly ready: boolean
}

/** The file, one fact a line: pid, folder, start time, port, socket folder, address, shared memory, status. */
export function parsePostmasterPid(text: string): PostmasterPid | null {
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (!Number.isInteger(pid) || pid <= 1 || !Number.isInteger(port)) return null
  return { pid, port, socketDir: lines[4] ?? '', ready: lines[7] === 'ready' }
}

export async function readPostmasterPid(dbDir: string): Promise<PostmasterPid | null> {
  const text = await readFile(join(dbDir, 'postmaster.pid'), 'utf8').catch(() => '')
  return parsePostmasterPid(text)
}

/** A zombie counts as gone: nobody may be there to collect the server of a parent that was killed. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    return codeOf(cause) === 'EPERM'
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const state = status.slice(status.lastIndexOf(')') + 2)[0]
  return state !== 'Z' && state !== 'X'
}

/** Whether the process works in `dbDir`, as a server does; null where the system does not say. */
export async function worksIn(pid: number, dbDir: string): Promise<boolean | null> {
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null)
  return folder === null ? null : folder === dbDir
}
