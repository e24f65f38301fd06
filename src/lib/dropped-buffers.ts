import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Some libraries make three buffers of each one they are given: 12 MB of garbage at most, for a pause of a millisecond. */
const COLLECT_EVERY_BYTES = 4_000_000

/**
 * Keeps the buffers that a library makes for each packet, and drops, from piling up. V8 looks after young objects when their own small
 * space is full, which these hardly touch since their bytes lie outside; for those it waits until 32 MB (Node 20) or 48 MB (Node 24)
 * have gathered, and then stops the whole heap again and again. Collecting the young ones early takes less memory and less time.
 */
export class DroppedBuffers {
  readonly #collectYoung: () => void
  #bytes = 0

  constructor(collectYoung: () => void) {
    this.#collectYoung = collectYoung
  }

  /** Tells that so many bytes have passed through buffers that nobody needs any more. */
  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < COLLECT_EVERY_BYTES) return
    this.#bytes = 0
    this.#collectYoung()
  }
}

let found: (() => void) | null = null

/** Of the process, as the heap is: two transfers at once leave no more garbage than one. */
export const droppedBuffers = new DroppedBuffers(() => {
  found ??= findCollector()
  found()
})

/**
 * The flag counts for contexts made while it is set, so nobody else finds the function. Without one everything works the same, with
 * more memory.
 */
function findCollector(): () => void {
  const nothing = () => undefined
  try {
    setFlagsFromString('--expose-gc')
    const collector: unknown = runInNewContext('globalThis.gc')
    setFlagsFromString('--no-expose-gc')
    return typeof collector === 'function' ? () => void Reflect.apply(collector, undefined, [{ type: 'minor' }]) : nothing
  } catch {
    return nothing
  }
}
