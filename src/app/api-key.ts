import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'

/** The key of the API: from its variable, else made once and kept in `data_dir/api-key`, readable by the owner alone. */
export async function apiKey(envName: string | null, dataDir: string, secrets: Secrets): Promise<Result<string, string>> {
  const given = envName === null ? undefined : secrets.get(envName)
  if (given !== undefined) return ok(given)
  const path = join(dataDir, 'api-key')
  try {
    const known = (await readFile(path, 'utf8')).trim()
    if (known.length >= 16) return ok(known)
    return err(`${path} holds no usable key; delete it and a new one is made`)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') return err(`${path} cannot be read: ${codeOf(cause) || messageOf(cause)}`)
  }
  try {
    const made = randomBytes(32).toString('base64url')
    await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' })
    return ok(made)
  } catch (cause) {
    return err(`${path} cannot be written: ${codeOf(cause) || messageOf(cause)}`)
  }
}
