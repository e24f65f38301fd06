import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { TEMP_SUFFIX, writeFileAtomic } from '../../../lib/atomic-file.ts'

const UnfinishedSchema = z.object({ endpoint: z.string(), bucket: z.string(), name: z.string(), upload_id: z.string() })
/** A multipart upload, whose parts cost money and are seen nowhere until it is complete or aborted. */
export type UnfinishedUpload = Readonly<z.infer<typeof UnfinishedSchema>>

/** At most so many are cleared away before one upload begins. */
const MOST_AT_ONCE = 20

/** Files that remember the uploads under way, so that those of a process that was killed are aborted by the next one. */
export class UnfinishedUploads {
  readonly #folder: string
  readonly #log: Logger
  /** Files of uploads that this process is working on. */
  readonly #mine = new Set<string>()

  constructor(folder: string, log: Logger) {
    this.#folder = folder
    this.#log = log
  }

  /** Returns what `forget` and `leave` take. A full disk is no reason not to upload: it is logged, and this one not remembered. */
  async remember(upload: UnfinishedUpload): Promise<string> {
    const file = `${randomUUID()}.json`
    this.#mine.add(file)
    try {
      await mkdir(this.#folder, { recursive: true })
      await writeFileAtomic(join(this.#folder, file), JSON.stringify(upload))
    } catch (cause) {
      this.#log.warn({ event_type: 'upload_not_remembered', error: messageOf(cause) }, 'an upload is not remembered, continuing')
    }
    return file
  }

  /** The upload is complete or aborted. */
  async forget(file: string): Promise<void> {
    await rm(join(this.#folder, file), { force: true }).catch(() => undefined) // aborting it once more does no harm
    this.#mine.delete(file)
  }

  /** The upload could not be aborted now; a later `clear` tries again. */
  leave(file: string): void {
    this.#mine.delete(file)
  }

  /** Aborts what was left behind. `abort` tells whether the upload is gone. */
  async clear(place: Pick<UnfinishedUpload, 'endpoint' | 'bucket'>, abort: (upload: UnfinishedUpload) => Promise<boolean>): Promise<void> {
    let asked = 0
    for (const file of await this.#leftBehind()) {
      if (asked >= MOST_AT_ONCE) return
      const upload = await this.#read(file)
      // Of another bucket: the settings have changed, and may change back.
      if (upload !== null && (upload.endpoint !== place.endpoint || upload.bucket !== place.bucket)) continue
      asked += 1
      this.#mine.add(file)
      if (upload === null || (await abort(upload))) await this.forget(file)
      else this.leave(file)
    }
  }

  async #leftBehind(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => []) // none was ever remembered
    return files.filter((file) => !file.endsWith(TEMP_SUFFIX) && !this.#mine.has(file))
  }

  /** Null: not readable, by a disk that was full or broken. */
  async #read(file: string): Promise<UnfinishedUpload | null> {
    try {
      return UnfinishedSchema.safeParse(JSON.parse(await readFile(join(this.#folder, file), 'utf8'))).data ?? null
    } catch {
      return null
    }
  }
}
