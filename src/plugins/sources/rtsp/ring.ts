import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClosedSegment } from './camera-session.ts'

export interface RingSegment extends ClosedSegment {
  readonly sizeBytes: number
}

export interface RingLimits {
  readonly keepMs: number
  readonly maxBytes: number
}

const OURS = /^\d+-\d{6,}\.ts$/

/** The last seconds of a camera's video, as files in a folder of its own. What a recording needs of it is linked elsewhere at once. */
export class Ring {
  readonly folder: string
  readonly #limits: RingLimits
  #segments: RingSegment[] = []
  /** Of this session. Segments from here on stay whatever the limits: a recording has yet to get hold of them. */
  holdFromMs = Infinity

  constructor(folder: string, limits: RingLimits) {
    this.folder = folder
    this.#limits = limits
  }

  /** Makes the folder, and drops what an earlier run or session left: its times mean nothing any more. */
  async begin(): Promise<void> {
    this.#segments = []
    this.holdFromMs = Infinity
    await mkdir(this.folder, { recursive: true })
    for (const name of await readdir(this.folder)) if (OURS.test(name)) await this.#remove(name)
  }

  async add(segment: ClosedSegment): Promise<void> {
    const { size } = await stat(join(this.folder, segment.name))
    this.#segments.push({ ...segment, sizeBytes: size })
    await this.#prune()
  }

  /** Segments of which some part lies at or after `streamMs`, oldest first. */
  from(streamMs: number): readonly RingSegment[] {
    return this.#segments.filter(({ endMs }) => endMs > streamMs)
  }

  pathOf(name: string): string {
    return join(this.folder, name)
  }

  async #prune(): Promise<void> {
    const newestMs = this.#segments.at(-1)?.endMs ?? 0
    let bytes = this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    for (const segment of [...this.#segments]) {
      const isOver = newestMs - segment.endMs > this.#limits.keepMs || bytes > this.#limits.maxBytes
      const isNewest = this.#segments.length === 1
      if (!isOver || isNewest || segment.endMs > this.holdFromMs) return
      await this.#remove(segment.name)
      this.#segments.shift()
      bytes -= segment.sizeBytes
    }
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true })
  }
}
