import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { SFTP_STATUS, statusOf } from './sftp-errors.ts'
import type { RemoteEntry, SftpFiles } from './sftp-files.ts'
import { writeFileAhead, type Source } from './upload.ts'

const STALE_S = 60 * 60

/** The folder beside the objects in which they are written before they get their names. */
export class Incoming {
  readonly #folder: string
  #swept = false

  constructor(root: string) {
    this.#folder = `${root}/.homesec-incoming`
  }

  /** Writes a file and gives it its name: at `target` is the old object, the new one, or none; never a part. */
  async place(files: SftpFiles, source: Source, target: string, signal: AbortSignal): Promise<void> {
    const part = `${this.#folder}/${randomUUID()}`
    try {
      const written = await writeFileAhead(files, await this.#create(files, part), source, signal)
      signal.throwIfAborted()
      await replaceMakingFolders(files, part, target, `${part}-replaced`)
      await this.#sweep(files, written)
    } catch (cause) {
      await files.remove(part).catch(() => undefined) // after a cut the next sweep takes it
      throw cause
    }
  }

  /** Does all that `place` does, and takes it away again. */
  async probe(files: SftpFiles, signal: AbortSignal): Promise<void> {
    const probe = `${this.#folder}/probe-${randomUUID()}`
    const bytes = new Uint8Array(4096)
    await this.place(files, { size: bytes.length, chunks: Readable.from([bytes]) }, probe, signal)
    await files.remove(probe)
  }

  /** Only this is done twice: the chunks of a source can be had once. */
  async #create(files: SftpFiles, part: string): Promise<Buffer> {
    try {
      return await files.create(part)
    } catch (cause) {
      if (statusOf(cause) !== SFTP_STATUS.NO_SUCH_FILE) throw cause
      await files.makeFolder(this.#folder)
      return files.create(part)
    }
  }

  /** Takes away what killed processes left, once. By the server's clock; a young one may belong to a neighbour that is still writing. */
  async #sweep(files: SftpFiles, { modifiedS: nowS }: RemoteEntry): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    try {
      const left = (await files.list(this.#folder)).filter(({ modifiedS }) => nowS - modifiedS > STALE_S)
      for (const { name } of left) await files.remove(`${this.#folder}/${name}`)
    } catch {
      this.#swept = false // it is no part of storing; the next one tries again
    }
  }
}

async function replaceMakingFolders(files: SftpFiles, from: string, to: string, aside: string): Promise<void> {
  try {
    await files.replace(from, to, aside)
  } catch (cause) {
    if (statusOf(cause) !== SFTP_STATUS.NO_SUCH_FILE) throw cause
    await files.makeFolder(to.slice(0, to.lastIndexOf('/')))
    await files.replace(from, to, aside)
  }
}
