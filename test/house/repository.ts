import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the house tests look at: the files of this repository as they are in the working copy. */
export const ROOT = join(import.meta.dirname, '..', '..')

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Paths from the root, of files that are committed or about to be. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' })
  return listed.split('\0').filter((path) => path !== '' && isThere(path))
}

function isThere(path: string): boolean {
  try {
    readFileSync(join(ROOT, path))
    return true
  } catch {
    return false
  }
}
