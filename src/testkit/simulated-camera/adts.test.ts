import { expect, test } from 'vitest'
import { parseAdts } from './adts.ts'

/** AAC-LC, 44.1 kHz, stereo, without checksum. */
const frame = (payload: readonly number[]) => {
  const length = payload.length + 7
  return Buffer.from([0xff, 0xf1, 0x50, 0x80 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc, ...payload])
}

test('frames come without their headers, and the header tells the format', () => {
  expect(parseAdts(Buffer.concat([frame([1, 2, 3]), frame([4])]))).toEqual({
    format: { codec: 'aac', sampleRateHz: 44_100, channels: 2, config: Buffer.from([0x12, 0x10]) },
    frames: [Buffer.from([1, 2, 3]), Buffer.from([4])],
  })
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['something else', Buffer.from('no sound at all')],
  ['a stream that is cut off', frame([1, 2, 3]).subarray(0, -1)],
])('%s is no ADTS stream', (_what, bytes) => {
  expect(parseAdts(bytes)).toBeNull()
})
