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
      const text = await readFile(file, 'utf8')
      const cut = cutShort(text)
      if (cut !== null) return err(`${file}, line ${cut.line}: ${cut.name} would end at its "#"; put the value in quotes`)
      environment = { ...parseEnv(text), ...environment }
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') return err(`${file} cannot be read: ${codeOf(cause) || messageOf(cause)}`)
    }
  }
  return ok(environment)
}

/** An unquoted value that a "#" ends in mid-word: half a password, where a comment was hardly meant. */
function cutShort(text: string): { readonly line: number; readonly name: string } | null {
  for (const [index, line] of text.split('\n').entries()) {
    const [, name] = /^\s*(?:export\s+)?(\w+)\s*=\s*(?!["'`])[^#]*[^\s#=]#/.exec(line) ?? []
    if (name !== undefined) return { line: index + 1, name }
  }
  return null
}

export function createSecrets(environment: Environment): Secrets {
  return {
    get: (name) => {
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      return value === '' ? undefined : value
    },
  }
}
