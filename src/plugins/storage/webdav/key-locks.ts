import { Semaphore } from '../../../lib/semaphore.ts'

/** One holder at a time for each name. */
export class KeyLocks {
  readonly #locks = new Map<string, Semaphore>()

  /** Rejects with the reason of `signal` when that aborts first. */
  async take(name: string, signal: AbortSignal): Promise<Disposable> {
    const lock = this.#locks.get(name) ?? new Semaphore(1)
    this.#locks.set(name, lock)
    const held = await lock.acquire(signal)
    if (held === null) throw signal.reason
    return {
      [Symbol.dispose]: () => {
        held[Symbol.dispose]()
        if (lock.held === 0 && lock.waiting === 0) this.#locks.delete(name)
      },
    }
  }
}
