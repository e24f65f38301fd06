import { describe, expect, test } from 'vitest'
import { aJpegHeader } from '../../testkit/jpegs.ts'
import { fitPictures, type PictureLimits } from './fit-pictures.ts'

const LIMITS: PictureLimits = {
  maxPictures: 10,
  maxPictureBytes: 4000,
  maxAllBytes: 20_000,
  maxSidePx: 8000,
  whenMany: { over: 4, maxSidePx: 2000 },
}

const pictures = (count: number, { side = 640, bytes = 300 } = {}) =>
  Array.from({ length: count }, (_, second) => ({ second, jpeg: aJpegHeader({ width: side, height: side / 2 }, bytes) }))

function sent(...args: Parameters<typeof fitPictures>): number[] | string {
  const fitted = fitPictures(...args)
  return fitted.ok ? fitted.value.map(({ second }) => second) : `${fitted.error.kind}: ${fitted.error.message}`
}

describe('of these pictures', () => {
  test.each([
    ['a few are all sent', pictures(3), [0, 1, 2]],
    ['too many are thinned evenly, from the first to the last', pictures(28), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]],
    ['too many bytes are thinned too', pictures(10, { bytes: 3000 }), [0, 2, 5, 7, 9]],
    ['large ones are sent while they are few', pictures(4, { side: 4096 }), [0, 1, 2, 3]],
    ['large ones are thinned to few', pictures(8, { side: 4096 }), [0, 2, 5, 7]],
    [
      'one that has too many bytes is left out',
      [...pictures(2), { second: 9, jpeg: aJpegHeader({ width: 640, height: 480 }, 3500) }],
      [0, 1],
    ],
    ['one that has too many pixels is left out', [...pictures(1, { side: 9000 }), ...pictures(6).slice(5)], [5]],
    ['one that is no JPEG is left to the service', [{ second: 1, jpeg: Buffer.from('?') }], [1]],
  ])('%s', (_name, frames, expected) => {
    expect(sent(frames, LIMITS)).toEqual(expected)
  })

  test('none that may be sent is invalid, and says what to change', () => {
    expect(sent(pictures(2, { bytes: 5000 }), LIMITS)).toMatch(/^invalid: .*vlm\.preprocessing/)
    expect(sent(pictures(2), { ...LIMITS, maxAllBytes: 10 })).toMatch(/^invalid: /)
  })
})
