import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PluginKind } from '../../src/contracts/plugin.ts'

/** What the house tests look at: the files of this repository as they are in the working copy. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** Where the plugins of a kind are, below `src/plugins`. */
export const FOLDER_OF_KIND = {
  source: 'sources',
  storage: 'storage',
  filter: 'filters',
  analyzer: 'analyzers',
  alert_policy: 'alert-policies',
  notifier: 'notifiers',
} as const satisfies Record<PluginKind, string>

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
