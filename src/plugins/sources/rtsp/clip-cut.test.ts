import { expect, test } from 'vitest'
import { cutClip } from './clip-cut.ts'

const packets = (...ptsMs: number[]) => ptsMs.map((pts) => ({ ptsMs: pts, durationMs: 100 }))

test('a clip ends with the last picture before the wanted end', () => {
  expect(cutClip(packets(0, 100, 200, 300, 400), 300)).toEqual({ pictures: 3, firstMs: 0, endMs: 300 })
})

test('an end between two pictures keeps the one that is shown then', () => {
  expect(cutClip(packets(0, 100, 200, 300), 250)).toEqual({ pictures: 3, firstMs: 0, endMs: 300 })
})

test('an end that was rounded still means the same picture', () => {
  expect(cutClip(packets(0, 100, 200, 300), 300.4)).toMatchObject({ pictures: 3 })
  expect(cutClip(packets(0, 100, 200, 300), 299.6)).toMatchObject({ pictures: 3 })
})

test('a picture that is shown earlier but comes later is never cut off', () => {
  // I P B B B P B B B: the order of a stream with B-frames.
  const stream = packets(0, 400, 100, 200, 300, 800, 500, 600, 700)
  expect(cutClip(stream, 300)).toEqual({ pictures: 5, firstMs: 0, endMs: 500 })
  expect(cutClip(stream, 500)).toEqual({ pictures: 5, firstMs: 0, endMs: 500 })
  expect(cutClip(stream, 600)).toEqual({ pictures: 9, firstMs: 0, endMs: 900 })
})

test('without a place to cut, or an end beyond the last picture, all are kept', () => {
  expect(cutClip(packets(0, 100, 200), Infinity)).toEqual({ pictures: 3, firstMs: 0, endMs: 300 })
  expect(cutClip(packets(0, 400, 100, 200), 200)).toMatchObject({ pictures: 4 })
})

test('the first picture is kept even if the clip should end before it, and no picture makes no clip', () => {
  expect(cutClip(packets(500, 600), 100)).toMatchObject({ pictures: 1 })
  expect(cutClip([], 100)).toBeNull()
})

test('a single picture without a duration still lasts', () => {
  expect(cutClip([{ ptsMs: 40, durationMs: 0 }], Infinity)).toEqual({ pictures: 1, firstMs: 40, endMs: 41 })
})
