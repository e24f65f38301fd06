import { readFile } from 'node:fs/promises'
import type { Clock } from '../../../contracts/clock.ts'
import { Serial } from '../../../lib/serial.ts'
import { replayArguments } from './camera-arguments.ts'
import { FrameReader } from './frame-reader.ts'
import { StreamChild } from './stream-child.ts'

/** More than this waiting to be decoded is a decoder that hangs, or a machine that does not keep up. */
const MOST_WAITING_BYTES = 32_000_000
/** A segment is decoded in a fraction of its length; a decoder that shows nothing of it for so long hangs. */
const SHOWS_WITHIN_MS = 10_000

/**
 * Decodes what the recorder writes into the ring, for motion, when nothing else can be watched. The recording does not know of it: no
 * further session, no interruption; the price is that motion is seen one keyframe interval late, which the pre-roll covers.
 */
export class RingFeed implements AsyncDisposable {
  readonly #fps: number
  readonly #clock: Clock
  readonly #onFrame: (pixels: Uint8Array, streamMs: number) => void
  readonly #queue = new Serial(() => undefined) // a segment that is gone already is not worth a word
  #stream: StreamChild | null = null
  /** When the first segment was written of which nothing has been seen yet. */
  #waitsSinceMs: number | null = null
  #closed = false

  constructor(fps: number, clock: Clock, onFrame: (pixels: Uint8Array, streamMs: number) => void) {
    this.#fps = fps
    this.#clock = clock
    this.#onFrame = onFrame
  }

  /** @param startMs stream time of the segment's first picture. */
  push(path: string, startMs: number): void {
    void this.#queue.run(async () => {
      if (this.#closed) return
      const bytes = await readFile(path)
      if (this.#isStuck) await this.#giveUp()
      this.#stream ??= this.#open(startMs)
      this.#waitsSinceMs ??= this.#clock.monotonicMs()
      this.#stream.child.stdin?.write(bytes)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#queue.idle
    await this.#stream?.close('restart')
  }

  get #isStuck(): boolean {
    if ((this.#stream?.child.stdin?.writableLength ?? 0) > MOST_WAITING_BYTES) return true
    return this.#waitsSinceMs !== null && this.#clock.monotonicMs() - this.#waitsSinceMs > SHOWS_WITHIN_MS
  }

  /** It hangs, or does not keep up: what is newer matters more, and after a hole its times would be wrong. */
  async #giveUp(): Promise<void> {
    const stream = this.#stream
    this.#stream = null
    this.#waitsSinceMs = null
    stream?.child.kill()
    await stream?.ended
  }

  #open(zeroMs: number): StreamChild {
    const stream = new StreamChild({ args: replayArguments(this.#fps), stdin: 'pipe', pipes: 1, limits: null }, this.#clock)
    new FrameReader(stream.child.stdout, stream.child.extra, (pixels, ptsMs) => {
      this.#waitsSinceMs = null
      if (ptsMs !== null) this.#onFrame(pixels, zeroMs + ptsMs)
    })
    // The next segment begins another one.
    void stream.ended.then(() => {
      if (this.#stream !== stream) return
      this.#stream = null
      this.#waitsSinceMs = null
    })
    return stream
  }
}
