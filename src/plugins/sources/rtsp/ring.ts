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
  /** These stay whatever the limits, also when the connection is over: a recording has yet to get hold of them. */
  readonly #held = new Set<string>()

  constructor(folder: string, limits: RingLimits) {
    this.folder = folder
    this.#limits = limits
  }

  /** Makes the folder, and drops what an earlier run or session left: its times mean nothing any more. */
  async begin(): Promise<void> {
    this.#segments = []
    // On a RAM disk that others use too, nobody else may look.
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.folder)) if (OURS.test(name) && !this.#held.has(name)) await this.#remove(name)
  }

  hold(name: string): void {
    this.#held.add(name)
  }

  release(name: string): void {
    this.#held.delete(name)
  }

  /** The next one. Where it begins is known; where the one before ends was a guess, if pictures come unevenly: its last one's length. */
  async add(segment: ClosedSegment): Promise<void> {
    const { size } = await stat(join(this.folder, segment.name))
    const before = this.#segments.pop()
    if (before !== undefined) this.#segments.push({ ...before, endMs: Math.min(before.endMs, Math.max(before.startMs, segment.startMs)) })
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
    const newest = this.#segments.at(-1)
    if (newest === undefined) return
    let bytes = this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    for (const segment of [...this.#segments]) {
      const isOver = newest.endMs - segment.endMs > this.#limits.keepMs || bytes > this.#limits.maxBytes
      if (!isOver || segment === newest) return
      if (this.#held.has(segment.name)) continue
      await this.#remove(segment.name)
      this.#segments.splice(this.#segments.indexOf(segment), 1)
      bytes -= segment.sizeBytes
    }
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true })
  }
}
