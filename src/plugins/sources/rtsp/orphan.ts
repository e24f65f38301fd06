import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../../lib/atomic-file.ts'

const OrphanSchema = z.object({ pid: z.number().int().positive(), prefix: z.string().min(5) })

/**
 * Knows the ffmpeg that an earlier run of the program left behind when it was killed. Most end by themselves, as nobody reads what they
 * print; those of ffmpeg 6 go on recording for ever, and hold the only session of their camera.
 */
export class Orphan {
  readonly #path: string

  constructor(folder: string) {
    this.#path = join(folder, 'ffmpeg.json')
  }

  /** @param prefix of the names of its segments, by which it is known from a stranger who got its number. */
  async remember(pid: number, prefix: string): Promise<void> {
    await writeFileAtomic(this.#path, JSON.stringify({ pid, prefix })).catch(() => undefined) // then it is not found, should we be killed
  }

  /** Ends it. @returns whether there was one. */
  async end(): Promise<boolean> {
    try {
      const { pid, prefix } = OrphanSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')))
      // Linux only; elsewhere it has to end by itself.
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
      if (!commandLine.includes(`${prefix}%06d.ts`)) return false
      process.kill(pid, 'SIGKILL')
      return true
    } catch {
      return false
    }
  }
}
