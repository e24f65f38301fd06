import { randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { keptSecret } from '../../../lib/kept-secret.ts'
import { PASSWORD_FILE } from './camera-config.ts'

/** None that look alike: somebody will type it into a camera. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'
const LENGTH = 20

/** The password of a camera: from its variable, else made once and kept in its state folder, readable by the owner alone. The log says where. */
export async function cameraPassword(
  envName: string | undefined,
  host: Pick<PluginHost, 'secrets' | 'dirs' | 'log' | 'instance'>,
): Promise<Result<string, string>> {
  if (envName !== undefined) {
    const given = host.secrets.get(envName)
    return given === undefined ? err('the variable with its FTP password is not set') : ok(given)
  }
  try {
    await mkdir(host.dirs.state, { recursive: true })
  } catch (cause) {
    return err(`${host.dirs.state} cannot be made: ${codeOf(cause) || messageOf(cause)}`)
  }
  const path = join(host.dirs.state, PASSWORD_FILE)
  const kept = await keptSecret(path, () => Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join(''))
  if (kept.ok)
    host.log.info({ event_type: 'ftp_password_kept', camera_name: host.instance, path }, 'the FTP password of a camera is in this file')
  return kept
}
