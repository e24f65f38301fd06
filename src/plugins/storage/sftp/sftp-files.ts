import type { SFTPWrapper, Stats } from 'ssh2'
import { droppedBuffers } from '../../../lib/dropped-buffers.ts'
import { ConnectionLost, SFTP_STATUS, statusOf } from './sftp-errors.ts'

type Done<T> = (cause: Error | null | undefined, value: T) => void

export interface RemoteEntry {
  readonly isFolder: boolean
  readonly size: number
  /** By the clock of the server. */
  readonly modifiedS: number
}

/** The calls of one SFTP session as promises. They reject when the session ends, which ssh2 alone does not promise for each. */
export class SftpFiles {
  readonly #sftp: SFTPWrapper
  readonly #pending = new Set<(cause: Error) => void>()
  #lost: Error | null = null

  constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp
  }

  /** From now on everything rejects. */
  end(): void {
    this.#lost ??= new ConnectionLost('the connection to the SFTP server was lost')
    for (const reject of this.#pending) reject(this.#lost)
    this.#pending.clear()
  }

  /** Opens a file that must not be there yet. */
  create(path: string): Promise<Buffer> {
    return this.#call((done) => this.#sftp.open(path, 'wx', done))
  }

  openToRead(path: string): Promise<Buffer> {
    return this.#call((done) => this.#sftp.open(path, 'r', done))
  }

  /** The bytes are copied before this returns, if they are no more than the least packet every server takes. */
  async write(handle: Buffer, bytes: Uint8Array, position: number): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    await this.#call<void>((done) => this.#sftp.write(handle, buffer, 0, buffer.length, position, (cause) => done(cause, undefined)))
    droppedBuffers.add(buffer.length)
  }

  /** Fills `buffer` with what is at `position`; fewer bytes only at the end of the file. */
  async read(handle: Buffer, buffer: Buffer, position: number): Promise<void> {
    for (let filled = 0; filled < buffer.length;) {
      const read = await this.#call<number>((done) =>
        this.#sftp.read(handle, buffer, filled, buffer.length - filled, position + filled, (cause, bytesRead) => done(cause, bytesRead)),
      )
      if (read === 0) throw new ConnectionLost('the file ended too early')
      droppedBuffers.add(read)
      filled += read
    }
  }

  async statOf(handle: Buffer): Promise<RemoteEntry> {
    return entryOf(await this.#call<Stats>((done) => this.#sftp.fstat(handle, done)))
  }

  /** Null when there is nothing of that name. */
  async find(path: string): Promise<RemoteEntry | null> {
    const stats = await unlessMissing(this.#call<Stats>((done) => this.#sftp.stat(path, done)))
    return stats === null ? null : entryOf(stats)
  }

  close(handle: Buffer): Promise<void> {
    return this.#call((done) => this.#sftp.close(handle, (cause) => done(cause, undefined)))
  }

  /** Makes the file survive a power cut of the server, where it can do that. */
  async sync(handle: Buffer): Promise<void> {
    await this.#extension((done) => this.#sftp.ext_openssh_fsync(handle, (cause) => done(cause, undefined)))
  }

  /**
   * Replaces what is at `to`: at once where the server can, else with a moment in which there is nothing. When it rejects, `to` is
   * what it was; only after a cut in that moment the old one is still at `aside`.
   */
  async replace(from: string, to: string, aside: string): Promise<void> {
    if (await this.#extension((done) => this.#sftp.ext_openssh_rename(from, to, (cause) => done(cause, undefined)))) return
    try {
      await this.#rename(from, to)
    } catch (cause) {
      if (statusOf(cause) !== SFTP_STATUS.FAILURE) throw cause
      // Version 3 of the protocol does not rename onto something.
      await this.#replaceInSteps(from, to, aside, cause)
    }
  }

  /** Removing what is not there is success. */
  async remove(path: string): Promise<void> {
    await unlessMissing(this.#call<void>((done) => this.#sftp.unlink(path, (cause) => done(cause, undefined))))
  }

  /** Creates a folder and those above it. */
  async makeFolder(path: string): Promise<void> {
    if (path === '' || (await this.find(path))?.isFolder === true) return
    await this.makeFolder(path.slice(0, Math.max(0, path.lastIndexOf('/'))))
    try {
      await this.#call<void>((done) => this.#sftp.mkdir(path, (cause) => done(cause, undefined)))
    } catch (cause) {
      // Somebody else may have been quicker, which has no status of its own.
      if ((await this.find(path))?.isFolder !== true) throw cause
    }
  }

  async list(folder: string): Promise<{ readonly name: string; readonly modifiedS: number }[]> {
    const entries = await this.#call<{ filename: string; attrs: { mtime: number } }[]>((done) => this.#sftp.readdir(folder, done))
    return entries.map(({ filename, attrs }) => ({ name: filename, modifiedS: attrs.mtime }))
  }

  /** @param refusal why the plain way failed; it holds when there was nothing in the way. */
  async #replaceInSteps(from: string, to: string, aside: string, refusal: unknown): Promise<void> {
    if ((await unlessMissing(this.#rename(to, aside).then(() => true))) === null) throw refusal
    try {
      await this.#rename(from, to)
    } catch (cause) {
      await this.#rename(aside, to).catch(() => undefined) // the first failure is the one to tell
      throw cause
    }
    await this.remove(aside).catch(() => undefined) // the object is in place; the next sweep takes what is left
  }

  #rename(from: string, to: string): Promise<void> {
    return this.#call((done) => this.#sftp.rename(from, to, (cause) => done(cause, undefined)))
  }

  /** False when the server does not have that extension. */
  async #extension(start: (done: Done<void>) => void): Promise<boolean> {
    let isOffered = true
    await this.#call<void>((done) => {
      try {
        start(done)
      } catch {
        isOffered = false // ssh2 throws at once then, and sends nothing
        done(undefined, undefined)
      }
    })
    return isOffered
  }

  #call<T>(start: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost)
        return
      }
      this.#pending.add(reject)
      start((cause, value) => {
        this.#pending.delete(reject)
        if (cause) reject(statusOf(cause) === undefined ? new ConnectionLost(`the SFTP session failed: ${cause.message}`) : cause)
        else resolve(value)
      })
    })
  }
}

function entryOf(stats: Stats): RemoteEntry {
  return { isFolder: stats.isDirectory(), size: stats.size, modifiedS: stats.mtime }
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (cause) {
    if (statusOf(cause) === SFTP_STATUS.NO_SUCH_FILE) return null
    throw cause
  }
}
