import type { Readable } from 'node:stream'
import type { Clock } from '../../../contracts/clock.ts'
import { PIPES, recordArguments, TOLD_LATE_BY, type RecordPlan } from './camera-arguments.ts'
import { FrameReader, type FrameListener } from './frame-reader.ts'
import { onLines } from './lines.ts'
import { PacketLineParser, type PacketLine } from './packet-lines.ts'
import type { SilenceLimits } from './silence-watch.ts'
import { StreamChild, type StreamEnd } from './stream-child.ts'
import { GreetingReader, type StreamFacts } from './stream-facts.ts'
import type { StreamTrouble } from './stream-trouble.ts'

/** A finished piece of the stream in the ring, in the stream's own time. */
export interface ClosedSegment {
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

export interface SessionListener {
  streams(facts: StreamFacts): void
  /** Not called for the first ones: when they came is not known. */
  packet(packet: PacketLine, arrivedMs: number): void
  segment(segment: ClosedSegment): void
  diskHangs(): void
  readonly frame: FrameListener
}

/** One connection to a camera: one ffmpeg that records into `folder` and, if asked to, decodes for motion. */
export class CameraSession {
  readonly #stream: StreamChild

  constructor(
    plan: RecordPlan,
    folder: string,
    limits: SilenceLimits,
    deps: { readonly listener: SessionListener; readonly clock: Clock },
  ) {
    const { listener, clock } = deps
    const greeting = new GreetingReader((facts) => listener.streams(facts))
    this.#stream = new StreamChild(
      {
        args: recordArguments(plan),
        cwd: folder,
        stdin: 'ignore',
        pipes: PIPES.frameTimes - 2,
        limits,
        onStderr: (text) => greeting.push(text),
        onDiskHangs: () => listener.diskHangs(),
      },
      clock,
    )
    const parser = new PacketLineParser()
    const toldMs: number[] = []
    onLines(this.#pipe(PIPES.packets), (line) => {
      const packet = parser.parse(line)
      if (packet === null) return
      toldMs.push(this.#stream.sign())
      const arrivedMs = toldMs.length > TOLD_LATE_BY ? toldMs.shift() : undefined
      if (arrivedMs !== undefined) listener.packet(packet, arrivedMs)
    })
    onLines(this.#pipe(PIPES.segments), (line) => {
      const segment = parseSegmentLine(line)
      if (segment !== null) listener.segment(segment)
    })
    new FrameReader(this.#stream.child.stdout, this.#pipe(PIPES.frameTimes), listener.frame)
  }

  /** Never rejects. */
  get ended(): Promise<StreamEnd> {
    return this.#stream.ended
  }

  /** Null when it could not be started. */
  get pid(): number | null {
    return this.#stream.child.pid
  }

  close(why: StreamTrouble): Promise<void> {
    return this.#stream.close(why)
  }

  #pipe(descriptor: number): Readable {
    const pipe = this.#stream.child.pipes[descriptor - 3]
    if (pipe === undefined) throw new Error(`no pipe ${descriptor}`)
    return pipe
  }
}

/** `name,start,end`, seconds. Null for anything else. */
export function parseSegmentLine(line: string): ClosedSegment | null {
  const match = /^(\d+-\d{6,}\.ts),(-?[\d.]+),(-?[\d.]+)$/.exec(line.trim())
  if (match === null) return null
  const [, name = '', start, end] = match
  return { name, startMs: Number(start) * 1000, endMs: Number(end) * 1000 }
}
