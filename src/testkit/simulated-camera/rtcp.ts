const SENDER_REPORT = 200
const SOURCE_DESCRIPTION = 202
const BYE = 203
const CNAME = Buffer.from('camera')
/** NTP counts from 1900. */
const NTP_OFFSET_S = 2_208_988_800

export interface SenderFacts {
  readonly ssrc: number
  readonly wallMs: number
  readonly timestamp: number
  readonly packets: number
  readonly octets: number
}

/** A sender report and the name of the source, as RFC 3550 wants them together. */
export function senderReport({ ssrc, wallMs, timestamp, packets, octets }: SenderFacts): Buffer {
  const report = header(SENDER_REPORT, 28, ssrc, 0)
  report.writeUInt32BE((Math.floor(wallMs / 1000) + NTP_OFFSET_S) >>> 0, 8)
  report.writeUInt32BE(Math.floor(((wallMs % 1000) / 1000) * 2 ** 32), 12)
  report.writeUInt32BE(timestamp, 16)
  report.writeUInt32BE(packets >>> 0, 20)
  report.writeUInt32BE(octets >>> 0, 24)
  return Buffer.concat([report, sourceDescription(ssrc)])
}

/** One chunk: the source, an item CNAME, and zeros to a full word, at least one. */
function sourceDescription(ssrc: number): Buffer {
  const description = header(SOURCE_DESCRIPTION, 8 + Math.ceil((3 + CNAME.length) / 4) * 4, ssrc, 1)
  description[8] = 1
  description[9] = CNAME.length
  CNAME.copy(description, 10)
  return description
}

/** Comes after a report, as packets that begin with something else are thrown away. */
export function goodbye(facts: SenderFacts): Buffer {
  return Buffer.concat([senderReport(facts), header(BYE, 8, facts.ssrc, 1)])
}

function header(type: number, bytes: number, ssrc: number, count: number): Buffer {
  const packet = Buffer.alloc(bytes)
  packet[0] = 0x80 | count
  packet[1] = type
  packet.writeUInt16BE(bytes / 4 - 1, 2)
  packet.writeUInt32BE(ssrc, 4)
  return packet
}
