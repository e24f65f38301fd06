/** One picture as it came over the network, before anything is decoded. */
export interface PacketLine {
  readonly ptsMs: number
  readonly durationMs: number
  readonly sizeBytes: number
  readonly isKey: boolean
}

/** What ffmpeg prints for a time that it does not know. */
const NO_TIME = -(2 ** 63)

/** Reads what ffmpeg's `framecrc` output says of each packet: `stream, dts, pts, duration, size, checksum[, F=flags]`. */
export class PacketLineParser {
  /** Milliseconds per tick; from the `#tb` line that stands before the first packet. */
  #tickMs = NaN

  /** Null for a line that tells of no packet of the first stream. */
  parse(line: string): PacketLine | null {
    const timeBase = /^#tb 0: (\d+)\/(\d+)/.exec(line)
    if (timeBase !== null) this.#tickMs = (1000 * Number(timeBase[1])) / Number(timeBase[2])
    if (line.startsWith('#') || Number.isNaN(this.#tickMs)) return null
    const [stream, , pts, duration, size, , ...rest] = line.split(',').map((part) => part.trim())
    const ptsMs = Number(pts) * this.#tickMs
    if (stream !== '0' || !Number.isFinite(ptsMs) || Number(pts) === NO_TIME) return null
    const flags = rest.find((part) => part.startsWith('F='))
    // Flags are printed only when they are not just "key". Bit 0 is "key".
    const isKey = flags === undefined || (Number(flags.slice(2)) & 1) === 1
    return { ptsMs, durationMs: Number(duration) * this.#tickMs || 0, sizeBytes: Number(size) || 0, isKey }
  }
}
