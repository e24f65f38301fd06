import { createHash } from 'node:crypto'
import { chown, lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { ServerUser } from './server-user.ts'

export const SERVER_PORT = 5432
/** What the kernel takes as the path of a Unix socket, without the closing NUL: 107 bytes on Linux, 103 on macOS. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107

/** In the database folder, which only the server and we can enter; where that path is too long, a name derived from it in `tempDir`. */
export function socketDirFor(dbDir: string, tempDir: string): string {
  const fits = Buffer.byteLength(`${dbDir}/.s.PGSQL.${SERVER_PORT}`) <= MAX_SOCKET_PATH_BYTES
  const isPlain = !/[,"\\]/.test(dbDir) // the setting is a list, with its own quoting
  if (fits && isPlain) return dbDir
  return join(tempDir, `homesec-${createHash('sha256').update(dbDir).digest('hex').slice(0, 16)}`)
}

/** Makes the folder, for the server's user alone. One that somebody else put there is refused. */
export async function prepareSocketDir(folder: string, user: ServerUser): Promise<Result<void, PluginError>> {
  const own = process.getuid?.() ?? 0
  const server = user.as === 'account' ? user : { uid: own, gid: process.getgid?.() ?? 0 }
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST')
      return err(pluginError('unavailable', `cannot make a folder for the database socket (${codeOf(cause)})`, cause))
  }
  const found = await lstat(folder)
  const isOurs = found.isDirectory() && [own, server.uid].includes(found.uid) && (found.mode & 0o077) === 0
  if (!isOurs)
    return err(pluginError('rejected', `${folder} belongs to somebody else; remove it, or use a shorter path for the data folder`))
  if (found.uid !== server.uid) await chown(folder, server.uid, server.gid)
  return ok()
}
