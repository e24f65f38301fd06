import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { codeOf, messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Secrets } from '../contracts/secrets.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment of this process with what `.env` files add, and what is odd about those. */
export interface CompleteEnvironment {
  readonly values: Environment
  readonly warnings: readonly string[]
}

/**
 * The environment, completed from the `.env` files in these folders. What is really set wins, then the first folder.
 * A missing file is no error; one that cannot be read is.
 */
export async function readEnvironment(folders: readonly string[]): Promise<Result<CompleteEnvironment, string>> {
  let values: Environment = { ...process.env } // eslint-disable-line no-restricted-properties -- the one place
  const warnings: string[] = []
  for (const folder of new Set(folders.map((path) => resolve(path)))) {
    const file = join(folder, '.env')
    try {
      const text = await readFile(file, 'utf8')
      warnings.push(...cutShort(text).flatMap(({ line, name }) => (values[name] === undefined ? [doubt(file, line, name)] : [])))
      values = { ...parseEnv(text), ...values }
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') return err(`${file} cannot be read: ${codeOf(cause) || messageOf(cause)}`)
    }
  }
  return ok({ values, warnings })
}

function doubt(file: string, line: number, name: string): string {
  return `${file}, line ${line}: ${name} ends at its "#"; if that is part of it, put it in quotes`
}

/** Unquoted values that a "#" ends in mid-word: half a password, where a comment was hardly meant. */
function cutShort(text: string): { readonly line: number; readonly name: string }[] {
  return text.split('\n').flatMap((line, index) => {
    const [, name] = /^\s*(?:export\s+)?(\w+)\s*=(?!\s*["'`])\s*[^\s#][^#]*(?<!\s)#/.exec(line) ?? []
    return name === undefined ? [] : [{ line: index + 1, name }]
  })
}

export function createSecrets(environment: Environment): Secrets {
  return {
    get: (name) => {
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      return value === '' ? undefined : value
    },
  }
}
