import { expect, test } from 'vitest'
import { TINY_JPEG } from '../testkit/analyzer-contract.ts'
import { aJpegHeader } from '../testkit/jpegs.ts'
import { jpegSize } from './jpeg-size.ts'

test('the header of a JPEG tells its size', () => {
  expect(jpegSize(TINY_JPEG)).toEqual({ width: 16, height: 16 })
  expect(jpegSize(aJpegHeader({ width: 4096, height: 2304 }))).toEqual({ width: 4096, height: 2304 })
})

test('padding between segments is skipped', () => {
  const [soi, rest] = [TINY_JPEG.subarray(0, 2), TINY_JPEG.subarray(2)]
  expect(jpegSize(Buffer.concat([soi, Buffer.from([0xff, 0xff]), rest]))).toEqual({ width: 16, height: 16 })
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('<html>not a picture</html>')],
  ['a header that breaks off', TINY_JPEG.subarray(0, 30)],
  ['a segment without length', Buffer.from('ffd8ffe00000ffe00000ffe00000', 'hex')],
])('%s has no size', (_name, bytes) => {
  expect(jpegSize(bytes)).toBeNull()
})
