import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { codeOf, messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment, completed from the `.env` files in these folders. What is really set wins, then the first folder.
 * A missing file is no error; one that cannot be read is.
 */
export async function readEnvironment(folders: readonly string[]): Promise<Result<Environment, string>> {
  let environment: Environment = { ...process.env } // eslint-disable-line no-restricted-properties -- the one place
  for (const folder of new Set(folders.map((path) => resolve(path)))) {
    const file = join(folder, '.env')
    try {
      environment = { ...parseEnv(await readFile(file, 'utf8')), ...environment }
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') return err(`${file} cannot be read: ${codeOf(cause) || messageOf(cause)}`)
    }
  }
  return ok(environment)
}

export function createSecrets(environment: Environment): Secrets {
  return {
    get: (name) => {
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      return value === '' ? undefined : value
    },
  }
}
