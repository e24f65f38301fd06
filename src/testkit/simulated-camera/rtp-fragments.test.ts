import { expect, test } from 'vitest'
import { fragmentsOf, type Fragment } from './rtp-fragments.ts'

const payload = ({ prefix, body }: Fragment) => Buffer.concat([Buffer.from(prefix), body])
const unit = (header: readonly number[], length: number) =>
  Buffer.from([...header, ...Array.from({ length: length - header.length }, (_, at) => at % 251)])

/** How a receiver puts the fragments of one NAL unit together again (RFC 6184 5.8, RFC 7798 4.4.3). */
function joined(codec: 'h264' | 'h265', payloads: readonly Buffer[]): Buffer {
  const headerBytes = codec === 'h264' ? 1 : 2
  const [first = Buffer.alloc(3)] = payloads
  const [a = 0, b = 0] = first
  const fu = first[headerBytes] ?? 0
  const header = codec === 'h264' ? [(a & 0xe0) | (fu & 0x1f)] : [(a & 0x81) | ((fu & 0x3f) << 1), b]
  return Buffer.concat([Buffer.from(header), ...payloads.map((bytes) => bytes.subarray(headerBytes + 1))])
}

test.each([
  ['h264', [0x65]],
  ['h264', [0x41]],
  ['h265', [0x26, 0x01]],
  ['h265', [0x03, 0x09]],
] as const)('a large %s unit (%j) is cut and comes together again', (codec, header) => {
  for (const length of [1401, 1402, 2795, 2796, 2797, 2798, 100_000]) {
    const original = unit(header, length)
    const payloads = fragmentsOf(codec, original).map(payload)
    const at = header.length
    expect(payloads.every((bytes) => bytes.length <= 1400)).toBe(true)
    expect(payloads.map((bytes) => ((bytes[at] ?? 0) & 0x80) !== 0)).toEqual(payloads.map((_, place) => place === 0))
    expect(payloads.map((bytes) => ((bytes[at] ?? 0) & 0x40) !== 0)).toEqual(payloads.map((_, place) => place === payloads.length - 1))
    expect(codec === 'h264' ? (payloads[0]?.[0] ?? 0) & 0x1f : ((payloads[0]?.[0] ?? 0) >> 1) & 0x3f).toBe(codec === 'h264' ? 28 : 49)
    expect(joined(codec, payloads).equals(original)).toBe(true)
  }
})

test.each(['h264', 'h265'] as const)('a small %s unit is one packet as it is', (codec) => {
  for (const length of [2, 1400]) {
    const original = unit([0x41, 0x01], length)
    expect(fragmentsOf(codec, original).map(payload)).toEqual([original])
  }
})

test('an AAC frame is preceded by its size', () => {
  const frame = Buffer.alloc(0x1234, 7)
  const [only, ...more] = fragmentsOf('aac', frame).map(payload)
  expect(more).toEqual([])
  expect(only?.readUInt16BE(0)).toBe(16)
  expect((only?.readUInt16BE(2) ?? 0) >> 3).toBe(0x1234)
  expect(only?.subarray(4).equals(frame)).toBe(true)
})

test('telephone sound is sent as it is', () => {
  expect(fragmentsOf('pcma', Buffer.from([1, 2, 3])).map(payload)).toEqual([Buffer.from([1, 2, 3])])
})
