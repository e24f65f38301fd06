import { Semaphore } from '../../../lib/semaphore.ts'

export interface PartBuffer extends Disposable {
  readonly bytes: Buffer
}

/** The memory for uploads: so many buffers at once and no more, whatever is uploaded; used again, and let go when none is in use. */
export class PartBuffers {
  readonly #slots: Semaphore
  readonly #size: number
  #idle: Buffer[] = []

  constructor(count: number, size: number) {
    this.#slots = new Semaphore(count)
    this.#size = size
  }

  /** Resolves to null when `signal` aborts first. Disposing gives the buffer back. */
  async take(signal: AbortSignal): Promise<PartBuffer | null> {
    const slot = await this.#slots.acquire(signal)
    if (slot === null) return null
    const bytes = this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#size)
    return {
      bytes,
      [Symbol.dispose]: () => {
        this.#idle.push(bytes)
        slot[Symbol.dispose]()
        if (this.#slots.held === 0) this.#idle = []
      },
    }
  }
}
