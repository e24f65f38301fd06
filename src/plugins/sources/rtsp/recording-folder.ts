import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../../../contracts/errors.ts'
import { syncFolder, writeFileAtomic } from '../../../lib/atomic-file.ts'

const JournalSchema = z.object({
  version: z.literal(1),
  /** Our wall clock when the stream's time was zero, as far as it was known. */
  zero_ts: z.iso.datetime({ offset: true }),
  /** Stream time of the first picture, in milliseconds. */
  first_ms: z.number(),
  /** Stream time at which the clip is to end, in milliseconds. Null while it is being recorded. */
  end_ms: z.number().nullable(),
})
export type RecordingJournal = Readonly<z.infer<typeof JournalSchema>>

/** A transport stream is made of whole packets. */
const TS_PACKET_BYTES = 188
const JOURNAL = 'recording.json'
/** Numbered in the order of the stream. */
const SEGMENT = /^\d+-\d{6,}\.ts$/

/** One recording on the durable disk: the segments it is made of, under their names in the ring, and a small journal. */
export class RecordingFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  async create(journal: RecordingJournal): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 })
    await this.write(journal)
    await syncFolder(join(this.path, '..'))
  }

  async write(journal: RecordingJournal): Promise<void> {
    await writeFileAtomic(join(this.path, JOURNAL), JSON.stringify(journal))
  }

  /** Null when there is none, or none that can be understood. */
  async read(): Promise<RecordingJournal | null> {
    try {
      const parsed = JournalSchema.safeParse(JSON.parse(await readFile(join(this.path, JOURNAL), 'utf8')))
      return parsed.success ? parsed.data : null
    } catch {
      return null
    }
  }

  /**
   * Gets hold of a segment in the ring: by a second name for the same file, or a copy where the ring is on another disk. A segment
   * that is still being written goes on growing under its second name; a copy has to be asked for again when it is complete.
   */
  async secure(source: string): Promise<void> {
    const target = join(this.path, basename(source))
    try {
      await link(source, target)
      return
    } catch (cause) {
      const code = codeOf(cause)
      if (code === 'EEXIST') {
        if (await isSameFile(source, target)) return
      } else if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes(code)) throw cause
    }
    await copyWhole(source, target)
  }

  /** Makes a segment survive a power cut. */
  async sync(name: string): Promise<void> {
    const handle = await open(join(this.path, name), 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await syncFolder(this.path)
  }

  /** Names of what is here, oldest first; files without content are none. */
  async segments(): Promise<string[]> {
    const found: string[] = []
    for (const name of await readdir(this.path)) {
      if (SEGMENT.test(name) && (await stat(join(this.path, name))).size > 0) found.push(name)
    }
    return found.sort((a, b) => numberIn(a) - numberIn(b))
  }

  /** Whether writing stopped in the middle of a picture, as it does on a full disk. */
  async isTorn(): Promise<boolean> {
    const last = (await this.segments()).at(-1)
    return last !== undefined && (await stat(join(this.path, last))).size % TS_PACKET_BYTES !== 0
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** Names are not sorted as text: after 999999 comes 1000000. */
function numberIn(name: string): number {
  return Number(name.slice(name.indexOf('-') + 1, -'.ts'.length))
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = [await stat(a), await stat(b)]
  return first.dev === second.dev && first.ino === second.ino
}

async function copyWhole(from: string, to: string): Promise<void> {
  const copying = `${to}.copying`
  await copyFile(from, copying)
  await rename(copying, to)
}
