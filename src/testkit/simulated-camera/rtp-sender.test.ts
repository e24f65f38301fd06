import { expect, test } from 'vitest'
import { RtpSender, unframed, type PacketFate } from './rtp-sender.ts'

const VIDEO = { codec: 'h264', payloadType: 96, clockRateHz: 90_000 } as const
const sent = () => 'sent' as const
const parts = [Buffer.alloc(10, 1), Buffer.alloc(3000, 2)]

const header = (packet: Buffer) => ({
  marker: ((packet[1] ?? 0) & 0x80) !== 0,
  payloadType: (packet[1] ?? 0) & 0x7f,
  sequence: packet.readUInt16BE(2),
  timestamp: packet.readUInt32BE(4),
  ssrc: packet.readUInt32BE(8),
})

test('the packets of a frame have one time, numbers in a row, and a marker on the last', () => {
  const sender = new RtpSender(VIDEO, 2)
  const { nextSequence } = sender
  const framed = sender.packets(parts, 1000, sent)
  expect([...framed.subarray(0, 2)]).toEqual([0x24, 2])
  const headers = [...unframed(framed)].map(header)
  const common = { payloadType: 96, timestamp: sender.timestampAt(1000), ssrc: sender.ssrc }
  expect(headers).toEqual([0, 1, 2, 3].map((place) => ({ ...common, marker: place === 3, sequence: (nextSequence + place) & 0xffff })))
  expect(sender.nextSequence).toBe((nextSequence + 4) & 0xffff)
})

test('time counts in ticks of the clock, and goes round', () => {
  const sender = new RtpSender(VIDEO, 0)
  const ticks = (fromMs: number, toMs: number) => (sender.timestampAt(toMs) - sender.timestampAt(fromMs)) >>> 0
  expect(ticks(0, 100)).toBe(9000)
  expect(ticks(0, 30 * 86_400_000)).toBe((30 * 86_400 * 90_000) % 2 ** 32)
  expect(ticks(0, -100)).toBe(2 ** 32 - 9000)
})

test('a lost packet leaves a hole in the numbers, a damaged one has its header', () => {
  const sender = new RtpSender(VIDEO, 0)
  const { nextSequence } = sender
  const fates: PacketFate[] = ['sent', 'lost', 'damaged', 'sent']
  const packets = [...unframed(sender.packets(parts, 0, () => fates.shift() ?? 'sent'))]
  expect(packets.map((packet) => (header(packet).sequence - nextSequence) & 0xffff)).toEqual([0, 2, 3])
  expect(packets.map((packet) => packet.subarray(14).every((byte) => byte === packet[14]))).toEqual([true, false, true])
  expect(parts[1]?.every((byte) => byte === 2)).toBe(true)
})

test('reports go to the next channel and tie the timestamps to the clock', () => {
  const sender = new RtpSender(VIDEO, 2)
  sender.packets(parts, 0, sent)
  const framed = sender.report(Date.UTC(2020, 0, 1, 0, 0, 0, 500), 2000)
  expect(framed[1]).toBe(3)
  const [report = Buffer.alloc(0)] = unframed(framed)
  expect([report[0], report[1], report.readUInt16BE(2)]).toEqual([0x80, 200, 6])
  expect(report.readUInt32BE(4)).toBe(sender.ssrc)
  expect(report.readUInt32BE(8)).toBe(Date.UTC(2020, 0, 1) / 1000 + 2_208_988_800)
  expect(report.readUInt32BE(12)).toBe(2 ** 31)
  expect(report.readUInt32BE(16)).toBe(sender.timestampAt(2000))
  expect([report.readUInt32BE(20), report.readUInt32BE(24)]).toEqual([4, 10 + 3000 - 1 + 3 * 2])
  // The name of the source follows, padded to full words.
  expect([report[28], report[29], report.length % 4]).toEqual([0x81, 202, 0])
  expect(report.readUInt16BE(30)).toBe((report.length - 28) / 4 - 1)
})

test('a goodbye follows a report in the same packet', () => {
  const sender = new RtpSender(VIDEO, 0)
  const [packet = Buffer.alloc(0)] = unframed(sender.goodbye(0, 0))
  expect(packet[1]).toBe(200)
  expect([...packet.subarray(-8, -6)]).toEqual([0x81, 203])
  expect(packet.readUInt32BE(packet.length - 4)).toBe(sender.ssrc)
})
