import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { codeOf } from '../../../contracts/errors.ts'
import type { FolderConfig } from './config.ts'
import type { SeenFile } from './completeness.ts'

export interface Look {
  /** Real path of the watched folder. */
  readonly root: string
  /** Another one under the same name has another id. */
  readonly rootId: string
  readonly files: readonly SeenFile[]
  /** Names that were left out, with the reason, for the log. */
  readonly refused: readonly { readonly relative: string; readonly reason: string }[]
}

const MAX_DEPTH = 8
const MAX_FILES = 100_000
const AT_ONCE = 32
const UNFINISHED = /^[.~]|\.(?:part|tmp|temp|filepart|crdownload)(?:\.|$)/i

/** Lists the videos in the folder. Rejects only when the folder itself cannot be read; a file that cannot be is left out. */
export async function lookInto(config: Pick<FolderConfig, 'path' | 'recursive' | 'extensions'>): Promise<Look> {
  const root = await realpath(config.path)
  const { dev, ino } = await stat(root)
  const names = await namesIn(root, config, config.recursive ? MAX_DEPTH : 0)
  const files: SeenFile[] = []
  const refused: { relative: string; reason: string }[] = []
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const seen = await Promise.all(names.slice(from, from + AT_ONCE).map((path) => lookAt(root, path)))
    for (const one of seen) {
      if (one === null) continue
      if ('reason' in one) refused.push(one)
      else files.push(one)
    }
  }
  return { root, rootId: `${dev}:${ino}`, files, refused }
}

async function namesIn(folder: string, config: Pick<FolderConfig, 'extensions'>, depth: number): Promise<string[]> {
  const names: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (UNFINISHED.test(entry.name) || names.length >= MAX_FILES) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth > 0) names.push(...(await namesIn(path, config, depth - 1).catch(() => [])))
    else if (!entry.isDirectory() && config.extensions.includes(extname(entry.name).toLowerCase())) names.push(path)
  }
  return names
}

async function lookAt(root: string, path: string): Promise<SeenFile | Look['refused'][number] | null> {
  const name = relative(root, path)
  try {
    const link = await lstat(path)
    const real = link.isSymbolicLink() ? await realpath(path) : path
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
      return { relative: name, reason: 'it is a link that leads out of the folder' }
    const about = link.isSymbolicLink() ? await stat(real) : link
    if (!about.isFile()) return null
    const { size, mtimeMs, ino, ctimeMs, birthtimeMs } = about
    return { path: real, relative: name, size, mtimeMs, ino, ctimeMs, birthtimeMs }
  } catch (cause) {
    // Gone between the list and the look: no news.
    return codeOf(cause) === 'ENOENT' ? null : { relative: name, reason: `it cannot be read (${codeOf(cause)})` }
  }
}
