import type { AudioFormat, VideoCodec } from './media.ts'

/** The payload of one RTP packet: some bytes of its own, then a view on the media. */
export interface Fragment {
  readonly prefix: readonly number[]
  readonly body: Buffer
}

export type PayloadCodec = VideoCodec | AudioFormat['codec']

/** As cameras do: fits an Ethernet frame with all headers. */
export const MAX_PAYLOAD_BYTES = 1400

const H264_FU_A = 28
const H265_FU = 49
const START = 0x80
const END = 0x40

/** How a NAL unit (RFC 6184, RFC 7798) or a sound frame (RFC 3640, RFC 3551) goes into packets. */
export function fragmentsOf(codec: PayloadCodec, part: Buffer, maxBytes: number = MAX_PAYLOAD_BYTES): readonly Fragment[] {
  switch (codec) {
    case 'pcma':
      return [{ prefix: [], body: part }]
    case 'aac':
      // One access unit: 16 bits of headers, which are 13 bits of size and 3 of index.
      return [{ prefix: [0, 16, (part.length >> 5) & 0xff, (part.length << 3) & 0xff], body: part }]
    case 'h264':
      return part.length <= maxBytes ? [{ prefix: [], body: part }] : split(part, h264Split(part), maxBytes)
    case 'h265':
      return part.length <= maxBytes ? [{ prefix: [], body: part }] : split(part, h265Split(part), maxBytes)
  }
}

interface Split {
  readonly header: readonly number[]
  readonly type: number
  /** Bytes of the NAL unit that the headers of the fragments stand for. */
  readonly skippedBytes: number
}

function h264Split(unit: Buffer): Split {
  const first = unit[0] ?? 0
  return { header: [(first & 0xe0) | H264_FU_A], type: first & 0x1f, skippedBytes: 1 }
}

function h265Split(unit: Buffer): Split {
  const first = unit[0] ?? 0
  return { header: [(first & 0x81) | (H265_FU << 1), unit[1] ?? 0], type: (first >> 1) & 0x3f, skippedBytes: 2 }
}

function split(unit: Buffer, { header, type, skippedBytes }: Split, maxBytes: number): readonly Fragment[] {
  const room = maxBytes - header.length - 1
  const fragments: Fragment[] = []
  for (let at = skippedBytes; at < unit.length; at += room) {
    const position = (at === skippedBytes ? START : 0) | (at + room >= unit.length ? END : 0)
    fragments.push({ prefix: [...header, position | type], body: unit.subarray(at, at + room) })
  }
  return fragments
}
