import { setMaxListeners } from 'node:events'
import type { Clock } from '../../../contracts/clock.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import { watchArguments, type InputPlan } from './camera-arguments.ts'
import { GreyFrames } from './grey-frames.ts'
import { GREY_BYTES } from './grey-size.ts'
import type { SilenceLimits } from './silence-watch.ts'
import { StreamChild } from './stream-child.ts'
import type { StreamTrouble } from './stream-trouble.ts'

export interface DetectFeedListener {
  /** A picture, and when it came. */
  frame(pixels: Uint8Array, arrivedMs: number): void
  /** The stream delivers. */
  up(): void
  /** It does not, for the n-th time in a row. */
  down(trouble: StreamTrouble, failures: number): void
}

const FIRST_BACKOFF_MS = 1_000
const BACKOFF_CAP_MS = 60_000
/** A stream that is down is tried ever more rarely: each try costs the camera a session. */
const PROBE_FIRST_MS = 25_000
const CREDENTIALS_RETRY_MS = 300_000
/** So many pictures prove that a stream works. */
const PROOF_FRAMES = 3

/** Reads a camera's smaller stream for motion, and comes back by itself whenever that fails. */
export class DetectFeed implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #stream: StreamChild | null = null

  constructor(
    plan: InputPlan & { readonly fps: number },
    limits: SilenceLimits,
    deps: { readonly listener: DetectFeedListener; readonly clock: Clock },
  ) {
    setMaxListeners(0, this.#stop.signal)
    this.#running = this.#run(plan, limits, deps)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#stream?.close('restart')
    await this.#running
  }

  async #run(
    plan: InputPlan & { readonly fps: number },
    limits: SilenceLimits,
    { listener, clock }: { readonly listener: DetectFeedListener; readonly clock: Clock },
  ): Promise<void> {
    let failures = 0
    let { hwaccel } = plan
    while (!this.#stop.signal.aborted) {
      let frames = 0
      const stream = new StreamChild({ args: watchArguments({ ...plan, hwaccel }, plan.fps), stdin: 'ignore', pipes: 1, limits }, clock)
      this.#stream = stream
      const cutter = new GreyFrames(GREY_BYTES, (pixels) => {
        const arrivedMs = stream.sign()
        frames += 1
        if (frames === PROOF_FRAMES) {
          failures = 0
          listener.up()
        }
        listener.frame(pixels, arrivedMs)
      })
      stream.child.stdout.on('error', () => undefined) // the child's end tells
      stream.child.stdout.on('data', (chunk: Buffer) => cutter.push(chunk))
      const { trouble } = await stream.ended
      if (this.#isStopped()) return
      failures += 1
      listener.down(trouble, failures)
      // The device that decodes may be what does not work.
      if (frames === 0) hwaccel = 'none'
      await clock.sleep(detectRetryMs(failures, trouble), this.#stop.signal)
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }
}

/**
 * How long to leave a detect stream alone after its n-th failure in a row: a second, then 25 s × 1.6, up to a minute. A refused password
 * is tried rarely: cameras lock out the address that tries, and the recorded stream comes to the same one. Pure.
 */
export function detectRetryMs(failures: number, trouble: StreamTrouble): number {
  if (trouble === 'credentials') return CREDENTIALS_RETRY_MS
  if (failures <= 1) return retryDelayMs(2, FIRST_BACKOFF_MS, 0.5)
  return Math.min(PROBE_FIRST_MS * 1.6 ** (failures - 2), BACKOFF_CAP_MS)
}
