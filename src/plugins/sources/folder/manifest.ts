import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf, messageOf } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { writeFileAtomic } from '../../../lib/atomic-file.ts'
import { sameFile, type FileIdentity } from './completeness.ts'

const ManifestSchema = z.strictObject({
  version: z.literal(1),
  /** `[path in the folder, size, mtime in ms, inode]`, oldest first. */
  files: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])),
})

const FILE_NAME = 'taken-files.json'
const MAX_BYTES = 64_000_000
/** Files that are gone are remembered up to here: a disk may be unplugged for a while. */
const MAX_ABSENT = 20_000

/** Remembers on disk which files were taken, so that none is offered twice, not even after a restart. */
export class Manifest {
  readonly #taken = new Map<string, FileIdentity>()
  readonly #folder: string
  readonly #log: Logger
  #changed = false
  #writing: Promise<void> = Promise.resolve()

  private constructor(folder: string, log: Logger) {
    this.#folder = folder
    this.#log = log
  }

  /** A manifest that cannot be understood is put aside, and everything counts as new: the intake knows the same bytes again. */
  static async load(folder: string, log: Logger): Promise<Manifest> {
    const manifest = new Manifest(folder, log)
    const path = join(folder, FILE_NAME)
    try {
      await mkdir(folder, { recursive: true })
      if ((await stat(path)).size > MAX_BYTES) throw new Error('too large')
      const { files } = ManifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
      for (const [name, size, mtimeMs, ino] of files) manifest.#taken.set(name, { size, mtimeMs, ino })
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return manifest
      log.warn(
        { event_type: 'manifest_unreadable', path, reason: codeOf(cause) || 'not valid' },
        'list of taken files put aside, starting a new one',
      )
      await rename(path, `${path}.unreadable`).catch(() => undefined)
    }
    return manifest
  }

  has(name: string, identity: FileIdentity): boolean {
    const known = this.#taken.get(name)
    return known !== undefined && sameFile(known, identity)
  }

  /** Resolves when it is on disk. What is recorded meanwhile goes into the same write. A full disk only costs a second offer. */
  async record(name: string, { size, mtimeMs, ino }: FileIdentity): Promise<void> {
    this.#taken.delete(name)
    this.#taken.set(name, { size, mtimeMs, ino })
    await this.#save()
  }

  /** Forgets the oldest of the files that are not among `present`, beyond a bound. */
  forgetAbsent(present: ReadonlySet<string>): void {
    let excess = this.#taken.size - present.size - MAX_ABSENT
    for (const name of this.#taken.keys()) {
      if (excess <= 0) return
      if (present.has(name)) continue
      this.#taken.delete(name)
      excess -= 1
    }
  }

  #save(): Promise<void> {
    this.#changed = true
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    const files = [...this.#taken].map(([name, { size, mtimeMs, ino }]) => [name, size, mtimeMs, ino])
    try {
      await writeFileAtomic(join(this.#folder, FILE_NAME), JSON.stringify({ version: 1, files }))
    } catch (cause) {
      this.#changed = true
      this.#log.warn({ event_type: 'manifest_not_written', reason: codeOf(cause) || messageOf(cause) }, 'list of taken files not written')
    }
  }
}
