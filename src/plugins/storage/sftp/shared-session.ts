import { orAborted } from '../../../lib/deadline.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'
import type { SftpSession } from './connect.ts'
import type { SftpFiles } from './sftp-files.ts'

export interface Lease extends Disposable {
  readonly files: SftpFiles
}

/** One session for everybody: opened when somebody needs it, closed when nobody has needed it for a while, opened anew after a cut. */
export class SharedSession implements AsyncDisposable {
  readonly #connect: (signal: AbortSignal) => Promise<SftpSession>
  readonly #idleMs: number
  readonly #stop = new AbortController()
  #session: Promise<SftpSession> | null = null
  #users = 0
  #idle: NodeJS.Timeout | null = null

  constructor(connect: (signal: AbortSignal) => Promise<SftpSession>, idleMs: number) {
    this.#connect = connect
    this.#idleMs = idleMs
  }

  /** Rejects as connecting does, or with the reason of `signal`. */
  async lease(signal: AbortSignal): Promise<Lease> {
    if (this.#stop.signal.aborted) throw fault('cancelled', 'the storage is closed')
    this.#enter()
    try {
      // Not with the caller's signal: others may be waiting for the same session.
      const { files } = await orAborted(this.#open(), signal)
      let isOver = false
      return {
        files,
        [Symbol.dispose]: () => {
          if (!isOver) this.#leave()
          isOver = true
        },
      }
    } catch (cause) {
      this.#leave()
      throw cause
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the storage is closed'))
    await this.#close()
  }

  #open(): Promise<SftpSession> {
    if (this.#session !== null) return this.#session
    const opening = this.#connect(this.#stop.signal)
    this.#session = opening
    const forget = () => {
      if (this.#session === opening) this.#session = null
    }
    void opening.then((session) => session.ended.then(forget), forget)
    return opening
  }

  #enter(): void {
    this.#users += 1
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
  }

  #leave(): void {
    this.#users -= 1
    if (this.#users > 0 || this.#session === null) return
    this.#idle = setTimeout(() => void this.#close(), this.#idleMs)
    this.#idle.unref()
  }

  /** Never rejects. */
  async #close(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    const closing = this.#session
    this.#session = null
    const session = await closing?.catch(() => null)
    session?.[Symbol.dispose]()
    await session?.ended
  }
}
