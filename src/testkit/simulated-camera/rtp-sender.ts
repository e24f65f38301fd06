import { randomBytes } from 'node:crypto'
import { fragmentsOf, type Fragment, type PayloadCodec } from './rtp-fragments.ts'
import { goodbye, senderReport, type SenderFacts } from './rtcp.ts'

export interface RtpFormat {
  readonly codec: PayloadCodec
  readonly payloadType: number
  readonly clockRateHz: number
}

/** What happens to a packet on its way. */
export type PacketFate = 'sent' | 'lost' | 'damaged'

const FRAMING_BYTES = 4
const HEADER_BYTES = 12
const MARKER = 0x80

/**
 * The RTP stream of one track of one session. Packets come out framed for interleaved TCP (`$`, channel, length), one after
 * another in one buffer; UDP takes them apart again.
 */
export class RtpSender {
  readonly format: RtpFormat
  readonly #channel: number
  readonly #ssrc = randomBytes(4).readUInt32BE()
  readonly #firstTimestamp = randomBytes(4).readUInt32BE()
  #sequence = randomBytes(2).readUInt16BE()
  #packets = 0
  #octets = 0

  constructor(format: RtpFormat, channel: number) {
    this.format = format
    this.#channel = channel
  }

  get ssrc(): number {
    return this.#ssrc
  }

  get nextSequence(): number {
    return this.#sequence
  }

  timestampAt(mediaMs: number): number {
    return (this.#firstTimestamp + Math.round((mediaMs * this.format.clockRateHz) / 1000)) >>> 0
  }

  /** All packets of one unit; the last one has the marker. */
  packets(parts: readonly Buffer[], mediaMs: number, fate: () => PacketFate): Buffer {
    const fragments = parts.flatMap((part) => fragmentsOf(this.format.codec, part))
    const timestamp = this.timestampAt(mediaMs)
    const out = Buffer.allocUnsafe(fragments.reduce((sum, fragment) => sum + framedBytes(fragment), 0))
    let at = 0
    for (const [place, fragment] of fragments.entries()) {
      const end = this.#write(out, at, fragment, { timestamp, marker: place === fragments.length - 1 })
      const happens = fate()
      if (happens === 'damaged') damage(out.subarray(at + FRAMING_BYTES + HEADER_BYTES, end))
      if (happens !== 'lost') at = end
    }
    return out.subarray(0, at)
  }

  #write(out: Buffer, start: number, fragment: Fragment, { timestamp, marker }: { timestamp: number; marker: boolean }): number {
    const bytes = framedBytes(fragment) - FRAMING_BYTES
    let at = frame(out, start, this.#channel, bytes)
    out[at] = 0x80
    out[at + 1] = this.format.payloadType | (marker ? MARKER : 0)
    out.writeUInt16BE(this.#sequence, at + 2)
    out.writeUInt32BE(timestamp, at + 4)
    out.writeUInt32BE(this.#ssrc, at + 8)
    at += HEADER_BYTES
    for (const byte of fragment.prefix) out[at++] = byte
    at += fragment.body.copy(out, at)
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#packets += 1
    this.#octets += bytes - HEADER_BYTES
    return at
  }

  /** Ties the timestamps to the wall clock. */
  report(wallMs: number, mediaMs: number): Buffer {
    return this.#framedControl(senderReport(this.#facts(wallMs, mediaMs)))
  }

  goodbye(wallMs: number, mediaMs: number): Buffer {
    return this.#framedControl(goodbye(this.#facts(wallMs, mediaMs)))
  }

  #facts(wallMs: number, mediaMs: number): SenderFacts {
    return { ssrc: this.#ssrc, wallMs, timestamp: this.timestampAt(mediaMs), packets: this.#packets, octets: this.#octets }
  }

  #framedControl(packet: Buffer): Buffer {
    const out = Buffer.allocUnsafe(FRAMING_BYTES + packet.length)
    packet.copy(out, frame(out, 0, this.#channel + 1, packet.length))
    return out
  }
}

function framedBytes({ prefix, body }: Fragment): number {
  return FRAMING_BYTES + HEADER_BYTES + prefix.length + body.length
}

function frame(out: Buffer, at: number, channel: number, bytes: number): number {
  out[at] = 0x24
  out[at + 1] = channel
  out.writeUInt16BE(bytes, at + 2)
  return at + FRAMING_BYTES
}

/** Wrong bits here and there, as from a bad cable. */
function damage(payload: Buffer): void {
  for (let at = payload.length >> 2; at < payload.length; at += 97) payload[at] = (payload[at] ?? 0) ^ 0x55
}

/** The packets of a framed buffer, without their framing. */
export function* unframed(framed: Buffer): Generator<Buffer> {
  for (let at = 0; at + FRAMING_BYTES <= framed.length;) {
    const end = at + FRAMING_BYTES + framed.readUInt16BE(at + 2)
    yield framed.subarray(at + FRAMING_BYTES, end)
    at = end
  }
}
