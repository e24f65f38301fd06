import type { Clock } from '../../contracts/clock.ts'
import { retryDelayMs } from '../../lib/retry.ts'
import type { ClipDigest } from '../clips/clip-index.ts'

/** `hopeless`: not this clip, whatever the other side does; its file is gone, for one. */
export type Payment = 'paid' | 'refused' | 'hopeless'

export interface SweepDeps {
  /** What is owed at this moment, newest first. */
  readonly owing: () => readonly ClipDigest[]
  /** Tries once to do what is owed for a clip. Never rejects. */
  readonly pay: (clipId: string, signal: AbortSignal) => Promise<Payment>
  readonly clock: Clock
  readonly random: () => number
  readonly firstDelayMs: number
}

const MOST_DELAY_MS = 10 * 60_000

/**
 * Follows up on what a clip is still owed: for ever, newest first, waiting longer after each pass that brought nothing (up to
 * ten minutes). The first clip of a pass is the probe: while the other side is down, one clip is tried, not all.
 */
export class DebtSweeper implements AsyncDisposable {
  readonly #deps: SweepDeps
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Clips whose last try failed. */
  readonly #unpaid = new Set<string>()
  #fruitless = 0

  constructor(deps: SweepDeps) {
    this.#deps = deps
    this.#running = this.#loop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #loop(): Promise<void> {
    const { clock, random, firstDelayMs } = this.#deps
    for (;;) {
      await clock.sleep(retryDelayMs(2 + this.#fruitless, firstDelayMs, random(), { capMs: MOST_DELAY_MS }), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      this.#fruitless = (await this.#pass()) ? 0 : this.#fruitless + 1
    }
  }

  /** Whether it was of any use: false when the other side refused, in which case the rest waits, or every debt is a bad one. */
  async #pass(): Promise<boolean> {
    const debts = this.#inTurn()
    let paid = debts.length === 0
    for (const { clip_id } of debts) {
      if (this.#stop.signal.aborted) return true
      const outcome = await this.#deps.pay(clip_id, this.#stop.signal)
      paid ||= outcome === 'paid'
      if (outcome === 'paid') this.#unpaid.delete(clip_id)
      else this.#unpaid.add(clip_id)
      if (outcome === 'refused') break
    }
    return paid
  }

  /** Newest first; but those that failed lately come last, as a clip that is never taken must not keep the others waiting. */
  #inTurn(): ClipDigest[] {
    const debts = this.#deps.owing()
    const owing = new Set(debts.map(({ clip_id }) => clip_id))
    for (const clipId of this.#unpaid) if (!owing.has(clipId)) this.#unpaid.delete(clipId)
    const isFresh = ({ clip_id }: ClipDigest) => !this.#unpaid.has(clip_id)
    return [...debts.filter(isFresh), ...debts.filter((debt) => !isFresh(debt))]
  }
}
