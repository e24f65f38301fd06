export interface ListedFrame {
  readonly decodeMs: number
  readonly shownMs: number
  readonly durationMs: number
  readonly bytes: number
  readonly key: boolean
}

/** `stream, dts, pts, duration, size, checksum[, F=flags]` */
const FRAME = /^0,\s*(-?\d+),\s*(-?\d+),\s*(\d+),\s*(\d+),\s*0x[0-9a-f]+(?:,\s*F=0x([0-9a-f]+))?/i
const KEY_FLAG = 1

/** Reads what ffmpeg's `framecrc` muxer prints; null when it is something else. */
export function parseFrameList(text: string): readonly ListedFrame[] | null {
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? []
  const tickMs = (1000 * Number(numerator)) / Number(denominator)
  if (!(tickMs > 0)) return null
  const frames: ListedFrame[] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const frame = FRAME.exec(line)
    if (frame === null) return null
    const [, decode, shown, duration, bytes, flags] = frame
    frames.push({
      decodeMs: Number(decode) * tickMs,
      shownMs: Number(shown) * tickMs,
      durationMs: Number(duration) * tickMs,
      bytes: Number(bytes),
      key: flags === undefined || (Number.parseInt(flags, 16) & KEY_FLAG) !== 0,
    })
  }
  return frames.length === 0 ? null : frames
}
