import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../../contracts/clock.ts'
import { codeOf } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { writeFileAtomic } from '../../../lib/atomic-file.ts'

/** Dropbox forgets a session after seven days. */
const SESSION_LIFE_MS = 7 * 24 * 3600 * 1000

const ProgressSchema = z.object({
  path: z.string(),
  size: z.int().nonnegative(),
  content_hash: z.string(),
  session_id: z.string().min(1),
  offset: z.int().nonnegative(),
  started_at: z.iso.datetime(),
})
/** How far the upload of a file has come. It goes on only with the very same content for the same path. */
export type UploadProgress = Readonly<z.infer<typeof ProgressSchema>>

/** What is being uploaded where. */
export type UploadGoal = Pick<UploadProgress, 'path' | 'size' | 'content_hash'>

/** Unfinished uploads, one small file each, so that a restart goes on where the process before it stopped. */
export class UploadProgressFolder {
  readonly #folder: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #log: Logger
  #swept = false

  constructor(stateDir: string, clock: Pick<Clock, 'now'>, log: Logger) {
    this.#folder = join(stateDir, 'uploads')
    this.#clock = clock
    this.#log = log
  }

  /** Null when there is none that this upload could go on with. */
  async find(goal: UploadGoal): Promise<UploadProgress | null> {
    await this.#sweep()
    const known = await this.#read(goal.path)
    if (known === null || known.path !== goal.path || known.size !== goal.size || known.content_hash !== goal.content_hash) return null
    return this.#isOver(Date.parse(known.started_at)) || known.offset > known.size ? null : known
  }

  /** A disk that cannot take it costs the owner a longer upload after a restart, no clip. */
  async keep(progress: UploadProgress): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true })
      await writeFileAtomic(this.#fileOf(progress.path), JSON.stringify(progress))
    } catch (cause) {
      this.#log.warn({ event_type: 'upload_progress_not_kept', code: codeOf(cause) }, 'a restart would begin this upload anew')
    }
  }

  async forget(path: string): Promise<void> {
    await rm(this.#fileOf(path), { force: true }).catch(() => undefined)
  }

  async #read(path: string): Promise<UploadProgress | null> {
    try {
      return ProgressSchema.safeParse(JSON.parse(await readFile(this.#fileOf(path), 'utf8'))).data ?? null
    } catch {
      return null
    }
  }

  /** Once per process: what uploads left that were given up. */
  async #sweep(): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name)
      const entry = await stat(path).catch(() => null)
      if (entry !== null && this.#isOver(entry.mtimeMs)) await rm(path, { force: true }).catch(() => undefined)
    }
  }

  #isOver(sinceMs: number): boolean {
    return this.#clock.now().getTime() - sinceMs >= SESSION_LIFE_MS
  }

  #fileOf(path: string): string {
    return join(this.#folder, `${createHash('sha256').update(path).digest('hex')}.json`)
  }
}
