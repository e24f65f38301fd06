import type { Readable } from 'node:stream'
import { GREY_BYTES } from './grey-size.ts'
import { GreyFrames } from './grey-frames.ts'
import { onLines } from './lines.ts'

/**
 * Hears of each grey frame. The pixels are good until it returns.
 * @param ptsMs time of the frame in its stream; null when it is not known, which is rare: then it is now.
 */
export type FrameListener = (pixels: Uint8Array, ptsMs: number | null) => void

/**
 * Joins the grey frames on one pipe with their times on another. ffmpeg writes a frame's time first, but the two pipes may be read in
 * any order: a frame never waits for its time.
 */
export class FrameReader {
  readonly #timesMs: (number | null)[] = []
  /** Times that will come for frames that went on without. */
  #late = 0

  constructor(frames: Readable, times: Readable, onFrame: FrameListener) {
    const cutter = new GreyFrames(GREY_BYTES, (pixels) => {
      const ptsMs = this.#timesMs.shift()
      if (ptsMs === undefined) this.#late += 1
      onFrame(pixels, ptsMs ?? null)
    })
    frames.on('error', () => undefined) // the child's end tells
    frames.on('data', (chunk: Buffer) => cutter.push(chunk))
    onLines(times, (line) => this.#hear(line))
  }

  #hear(line: string): void {
    const seconds = /pts_time:(\S+)/.exec(line)?.[1]
    if (seconds === undefined) return
    const timeMs = Number(seconds) * 1000
    if (this.#late > 0) this.#late -= 1
    else this.#timesMs.push(Number.isNaN(timeMs) ? null : timeMs)
  }
}
