import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { messageOf } from '../../../../contracts/errors.ts'
import type { Logger } from '../../../../contracts/logger.ts'
import { attempt } from '../../../../contracts/result.ts'
import type { AsideReason, InboxFolders } from './inbox-folders.ts'

export type Kept = { readonly state: 'kept' | 'failed'; readonly path: string } | { readonly state: 'deleted'; readonly path: null }

interface KeptFile {
  readonly path: string
  readonly size: number
}

/** Keeps files that are no clips where the owner finds them, each kind up to a number of bytes. */
export class KeepAside {
  readonly #folders: InboxFolders['aside']
  readonly #maxBytes: number
  readonly #log: Logger
  /** Oldest first; read from disk once. */
  readonly #kept = new Map<AsideReason, KeptFile[]>()
  /** One at a time, so that two do not delete for the same bytes. */
  #queue: Promise<void> = Promise.resolve()

  constructor(folders: InboxFolders['aside'], maxBytes: number, log: Logger) {
    this.#folders = folders
    this.#maxBytes = maxBytes
    this.#log = log
  }

  /** Moves the file there. Never rejects: one that cannot be moved stays where it is, and the next start tries again. */
  async keep(path: string, reason: AsideReason): Promise<Kept> {
    const target = join(this.#folders[reason], basename(path))
    const keeping = this.#queue.then(() => attempt(() => this.#keep(path, target, reason), messageOf))
    this.#queue = keeping.then(() => undefined)
    const moved = await keeping
    if (!moved.ok) {
      this.#log.warn({ event_type: 'aside_failed', path, reason: moved.error }, 'a file that is no clip could not be kept aside')
      return { state: 'failed', path }
    }
    return this.#maxBytes === 0 ? { state: 'deleted', path: null } : { state: 'kept', path: target }
  }

  async #keep(path: string, target: string, reason: AsideReason): Promise<void> {
    const files = this.#kept.get(reason) ?? (await filesIn(this.#folders[reason]))
    this.#kept.set(reason, files)
    await rename(path, target)
    files.push({ path: target, size: (await stat(target)).size })
    let bytes = files.reduce((sum, { size }) => sum + size, 0)
    while (files.length > 0 && (bytes > this.#maxBytes || this.#maxBytes === 0)) {
      const oldest = files.shift()
      if (oldest === undefined) return
      bytes -= oldest.size
      await rm(oldest.path, { force: true })
      this.#log.warn(
        { event_type: 'aside_deleted', reason, path: oldest.path, size_bytes: oldest.size },
        'the oldest file kept aside is deleted',
      )
    }
  }
}

/** The names begin with the time. */
async function filesIn(folder: string): Promise<KeptFile[]> {
  const files: KeptFile[] = []
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name)
    files.push({ path, size: (await stat(path)).size })
  }
  return files
}
