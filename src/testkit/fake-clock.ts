import type { Clock } from '../contracts/clock.ts'

/** Time that moves only when told. `sleep`ers wake in order as `advance` passes them. */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #sleepers = new Set<{ readonly wakeAt: number; readonly wake: () => void }>()

  constructor(start = '2026-01-01T00:00:00.000Z') {
    this.#nowMs = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  /** How many wait for time to pass. */
  get sleepers(): number {
    return this.#sleepers.size
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper = {
        wakeAt: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper)
          signal.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', sleeper.wake, { once: true })
    })
  }

  /** Moves time on, waking sleepers one by one and letting what they start settle in between. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms
    for (;;) {
      await settle()
      const next = [...this.#sleepers].filter((sleeper) => sleeper.wakeAt <= target).sort((a, b) => a.wakeAt - b.wakeAt)[0]
      if (next === undefined) break
      this.#nowMs = Math.max(this.#nowMs, next.wakeAt)
      next.wake()
    }
    this.#nowMs = target
    await settle()
  }
}

/** Lets promises that are already due run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
