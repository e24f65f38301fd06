import type { AudioFormat } from './media.ts'

const SAMPLE_RATES_HZ = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]

export interface AdtsStream {
  readonly format: Extract<AudioFormat, { codec: 'aac' }>
  readonly frames: readonly Buffer[]
}

/** Takes the frames out of an ADTS stream; null when it is none. */
export function parseAdts(stream: Buffer): AdtsStream | null {
  const frames: Buffer[] = []
  for (let at = 0; at < stream.length;) {
    const length = frameLength(stream, at)
    if (length === null || at + length > stream.length) return null
    const headerBytes = ((stream[at + 1] ?? 0) & 1) === 1 ? 7 : 9
    frames.push(stream.subarray(at + headerBytes, at + length))
    at += length
  }
  const format = formatOf(stream)
  return format === null || frames.length === 0 ? null : { format, frames }
}

function frameLength(stream: Buffer, at: number): number | null {
  if (at + 7 > stream.length || (stream.readUInt16BE(at) & 0xfff6) !== 0xfff0) return null
  const length = (stream.readUIntBE(at + 3, 3) >> 5) & 0x1fff
  return length > 7 ? length : null
}

function formatOf(stream: Buffer): AdtsStream['format'] | null {
  if (stream.length < 7) return null
  const bits = stream.readUInt16BE(2)
  const objectType = (bits >> 14) + 1
  const rateIndex = (bits >> 10) & 0xf
  const channels = (bits >> 6) & 7
  const sampleRateHz = SAMPLE_RATES_HZ[rateIndex]
  if (sampleRateHz === undefined || channels === 0) return null
  const config = Buffer.alloc(2)
  config.writeUInt16BE((objectType << 11) | (rateIndex << 7) | (channels << 3))
  return { codec: 'aac', sampleRateHz, channels, config }
}
