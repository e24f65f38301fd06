import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'
import { keptSecret } from '../lib/kept-secret.ts'

/** The key of the API: from its variable, else made once and kept in `data_dir/api-key`, readable by the owner alone. */
export async function apiKey(envName: string | null, dataDir: string, secrets: Secrets): Promise<Result<string, string>> {
  const given = envName === null ? undefined : secrets.get(envName)
  return given === undefined ? keptSecret(join(dataDir, 'api-key'), () => randomBytes(32).toString('base64url')) : ok(given)
}
