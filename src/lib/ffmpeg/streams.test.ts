import { expect, test } from 'vitest'
import { parseFrameTimes, splitJpegs } from './jpeg-stream.ts'
import { PpmSplitter } from './ppm-stream.ts'

const segment = (marker: number, ...body: number[]) => [0xff, marker, 0, body.length + 2, ...body]
const jpeg = (last: number) => Buffer.from([0xff, 0xd8, ...segment(0xdb, 0xff, 0xd9), ...segment(0xda, 1), 7, 0xff, 0, last, 0xff, 0xd9])

test('a row of JPEGs is cut at its end markers, not at bytes that look like one', () => {
  expect(splitJpegs(Buffer.concat([jpeg(1), jpeg(2)]))).toEqual([jpeg(1), jpeg(2)])
})

test('a JPEG that is cut off is left out', () => {
  expect(splitJpegs(Buffer.concat([jpeg(1), jpeg(2).subarray(0, -1)]))).toEqual([jpeg(1)])
  expect(splitJpegs(Buffer.concat([jpeg(1), jpeg(2).subarray(0, 5)]))).toEqual([jpeg(1)])
  expect(splitJpegs(Buffer.from('no picture'))).toEqual([])
})

test('frame times are read in order', () => {
  expect(parseFrameTimes('frame:0    pts:0       pts_time:0\npicked=1\nframe:1    pts:6144    pts_time:0.6\npicked=1\n')).toEqual([0, 0.6])
})

const ppm = (width: number, height: number, fill: number) =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), Buffer.alloc(width * height * 3, fill)])

test.each([1, 2, 7, 13, 1000])('pictures come through in chunks of %d bytes', (size) => {
  const stream = Buffer.concat([ppm(2, 3, 10), ppm(2, 3, 80), ppm(4, 1, 0x50)])
  const splitter = new PpmSplitter()
  const seen: unknown[] = []
  for (let at = 0; at < stream.length; at += size) {
    for (const { width, height, rgb } of splitter.push(stream.subarray(at, at + size))) seen.push([width, height, [...new Set(rgb)]])
  }
  expect(seen).toEqual([
    [2, 3, [10]],
    [2, 3, [80]],
    [4, 1, [0x50]],
  ])
})

test('a stream that holds no pictures is refused', () => {
  expect(() => [...new PpmSplitter().push(Buffer.from('Stream mapping: x -> y, and more text'))]).toThrow('no PPM picture')
})
