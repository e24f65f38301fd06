import { open } from 'node:fs/promises'

const PACKET_BYTES = 188
/** The sets stand before the first picture, whose beginning is enough. */
const READ_BYTES = PACKET_BYTES * 60

/**
 * What the first picture of a segment says of the pictures that follow: its sequence (and for H.265 video) parameter sets, in which
 * size and profile stand. Two segments with different ones cannot go into one MP4.
 * @returns the sets as hexadecimal text; null where none are found, which says nothing.
 */
export async function readParameterSets(path: string): Promise<string | null> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0)
    return parameterSetsIn(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** The same, from the first bytes of a transport stream (ISO/IEC 13818-1) of ours. */
export function parameterSetsIn(stream: Buffer): string | null {
  const { codec, bytes } = firstPicture(stream)
  if (codec === null) return null
  const wanted = codec === 'h264' ? new Set([7]) : new Set([32, 33])
  const found = nalUnits(bytes).filter((unit) => wanted.has(typeOf(unit, codec)))
  return found.length === 0 ? null : found.map((unit) => unit.toString('hex')).join(' ')
}

type Codec = 'h264' | 'hevc'

function typeOf(unit: Buffer, codec: Codec): number {
  const first = unit[0] ?? 0
  return codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f
}

/** What the program map calls H.264 and H.265. */
const CODEC_BY_STREAM_TYPE: Readonly<Record<number, Codec>> = { 0x1b: 'h264', 0x24: 'hevc' }

/** The payload of the first video packets, up to where the second picture begins. */
function firstPicture(stream: Buffer): { readonly codec: Codec | null; readonly bytes: Buffer } {
  let videoPid = -1
  let codec: Codec | null = null
  let pictures = 0
  const parts: Buffer[] = []
  for (let at = 0; at + PACKET_BYTES <= stream.length; at += PACKET_BYTES) {
    const packet = stream.subarray(at, at + PACKET_BYTES)
    if (packet[0] !== 0x47) break
    const pid = packet.readUInt16BE(1) & 0x1fff
    const starts = ((packet[1] ?? 0) & 0x40) !== 0
    const payload = payloadOf(packet)
    const map: VideoInMap | null = codec === null && starts ? videoInMap(payload) : null
    if (map !== null) {
      videoPid = map.pid
      codec = map.codec
    } else if (pid === videoPid) {
      if (starts) pictures += 1
      if (pictures > 1) break
      parts.push(starts ? payload.subarray(9 + (payload[8] ?? 0)) : payload)
    }
  }
  return { codec, bytes: Buffer.concat(parts) }
}

function payloadOf(packet: Buffer): Buffer {
  const hasAdaptation = ((packet[3] ?? 0) & 0x20) !== 0
  return packet.subarray(hasAdaptation ? 5 + (packet[4] ?? 0) : 4)
}

interface VideoInMap {
  readonly pid: number
  readonly codec: Codec
}

/** Finds the video in a program map table; null for any other section. */
function videoInMap(payload: Buffer): VideoInMap | null {
  const section = payload.subarray(1 + (payload[0] ?? 0))
  if (section[0] !== 0x02 || section.length < 12) return null
  const end = Math.min(3 + (section.readUInt16BE(1) & 0x0fff) - 4, section.length)
  let at = 12 + (section.readUInt16BE(10) & 0x0fff)
  while (at + 5 <= end) {
    const codec = CODEC_BY_STREAM_TYPE[section[at] ?? 0]
    if (codec !== undefined) return { pid: section.readUInt16BE(at + 1) & 0x1fff, codec }
    at += 5 + (section.readUInt16BE(at + 3) & 0x0fff)
  }
  return null
}

/** Cuts a byte stream at its start codes (00 00 01). */
function nalUnits(bytes: Buffer): Buffer[] {
  const starts: number[] = []
  for (let at = bytes.indexOf('000001', 0, 'hex'); at !== -1; at = bytes.indexOf('000001', at + 3, 'hex')) starts.push(at + 3)
  return starts.map((start, index) => {
    const next = starts[index + 1]
    const unit = bytes.subarray(start, next === undefined ? bytes.length : next - 3)
    let end = unit.length
    while (end > 0 && unit[end - 1] === 0) end -= 1
    return unit.subarray(0, end)
  })
}
