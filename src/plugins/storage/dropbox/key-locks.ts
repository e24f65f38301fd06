import { Semaphore } from '../../../lib/semaphore.ts'

/** Lets one piece of work at a time have a path: two uploads of it would lose each other's place. */
export class KeyLocks {
  readonly #locks = new Map<string, Semaphore>()

  /** Resolves to null, without the lock, when `signal` aborts first. */
  async acquire(path: string, signal: AbortSignal): Promise<Disposable | null> {
    const lock = this.#locks.get(path) ?? new Semaphore(1)
    this.#locks.set(path, lock)
    const slot = await lock.acquire(signal)
    if (slot === null) return null
    return {
      [Symbol.dispose]: () => {
        slot[Symbol.dispose]()
        if (lock.held === 0 && lock.waiting === 0) this.#locks.delete(path)
      },
    }
  }
}
