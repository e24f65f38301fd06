import type { Clock } from '../../../../contracts/clock.ts'
import type { ReadyUpload } from './ready-uploads.ts'

/** A camera renames what it has uploaded at once, or never. */
const RENAME_WITHIN_MS = 30_000

interface Held {
  upload: ReadyUpload
  readonly letGo: AbortController
}

/** Whole uploads whose names say that they are about to be renamed, by the client's path. */
export class HeldUploads {
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #stop: AbortSignal
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Set<Promise<void>>()

  constructor(clock: Pick<Clock, 'sleep'>, stop: AbortSignal) {
    this.#clock = clock
    this.#stop = stop
  }

  has(path: string): boolean {
    return this.#held.has(path)
  }

  /** Calls `release` once it has its name, or none was given in time; not any more after `stop`. `release` must not reject. */
  hold(path: string, upload: ReadyUpload, release: (upload: ReadyUpload) => Promise<void>): void {
    this.#held.get(path)?.letGo.abort() // the camera sent it again; both are kept
    const held: Held = { upload, letGo: new AbortController() }
    this.#held.set(path, held)
    const waiting = this.#wait(path, held, release).finally(() => this.#waiting.delete(waiting))
    this.#waiting.add(waiting)
  }

  /** Gives a held upload its final name by `rename`. Nothing happens where none is held. */
  async rename(path: string, rename: (upload: ReadyUpload) => Promise<ReadyUpload>): Promise<void> {
    const held = this.#held.get(path)
    if (held === undefined) return
    this.#held.delete(path)
    try {
      held.upload = await rename(held.upload)
    } finally {
      held.letGo.abort()
    }
  }

  /** Resolves when nothing is held any more; after `stop` that is at once. */
  async settled(): Promise<void> {
    await Promise.all(this.#waiting)
  }

  async #wait(path: string, held: Held, release: (upload: ReadyUpload) => Promise<void>): Promise<void> {
    const letGo = () => held.letGo.abort()
    if (this.#stop.aborted) letGo()
    this.#stop.addEventListener('abort', letGo, { once: true })
    await this.#clock.sleep(RENAME_WITHIN_MS, held.letGo.signal)
    this.#stop.removeEventListener('abort', letGo)
    if (this.#held.get(path) === held) this.#held.delete(path)
    if (!this.#stop.aborted) await release(held.upload)
  }
}
