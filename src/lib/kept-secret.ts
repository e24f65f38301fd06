import { readFile, writeFile } from 'node:fs/promises'
import { codeOf, messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'

/** Shorter ones were cut off, or typed by hand and then easy to guess. */
const MIN_LENGTH = 16

/**
 * A secret that is made once and kept in a file only its owner can read. The folder must be there.
 * @returns the reason, for the owner, when there is none to be had.
 */
export async function keptSecret(path: string, make: () => string): Promise<Result<string, string>> {
  try {
    const known = (await readFile(path, 'utf8')).trim()
    if (known.length >= MIN_LENGTH) return ok(known)
    return err(`${path} holds no usable key; delete it and a new one is made`)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') return err(`${path} cannot be read: ${codeOf(cause) || messageOf(cause)}`)
  }
  try {
    const made = make()
    await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' })
    return ok(made)
  } catch (cause) {
    return err(`${path} cannot be written: ${codeOf(cause) || messageOf(cause)}`)
  }
}
