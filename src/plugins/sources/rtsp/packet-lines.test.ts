import { expect, test } from 'vitest'
import { parseSegmentLine } from './camera-session.ts'
import { PacketLineParser } from './packet-lines.ts'

function after(timeBase: string): PacketLineParser {
  const parser = new PacketLineParser()
  for (const line of ['#extradata 0:       38, 0xa2b107db', timeBase, '#media_type 0: video', '#codec_id 0: h264'])
    expect(parser.parse(line)).toBeNull()
  return parser
}

test('a packet has its time in milliseconds, whatever the time base', () => {
  const parser = after('#tb 0: 1/90000')
  expect(parser.parse('0,     -9000,          0,     9000,    15642, 0x6452439d')).toEqual({
    ptsMs: 0,
    durationMs: 100,
    sizeBytes: 15642,
    isKey: true,
  })
  expect(parser.parse('0,         0,      36000,     9000,      257, 0x41eb7cb8, F=0x0')).toMatchObject({ ptsMs: 400, isKey: false })
  expect(after('#tb 0: 1/1000').parse('0, 5, 5, 40, 1, 0x0')).toMatchObject({ ptsMs: 5, durationMs: 40 })
})

test('a damaged keyframe is one, and side data is no flag', () => {
  const parser = after('#tb 0: 1/90000')
  expect(parser.parse('0, 0, 0, 9000, 11347, 0x3f3325fb, F=0x3, S=1,       16, 0x1')).toMatchObject({ isKey: true })
  expect(parser.parse('0, 0, 0, 9000, 11347, 0x3f3325fb, S=1,       16, 0x1')).toMatchObject({ isKey: true })
})

test('a packet without a time, and a line that is none, tell nothing', () => {
  const parser = after('#tb 0: 1/90000')
  expect(parser.parse('0,      -9000, -9223372036854775808,     9000,    11347, 0x3f332')).toBeNull()
  expect(parser.parse('')).toBeNull()
  expect(parser.parse('garbage')).toBeNull()
  expect(new PacketLineParser().parse('0, 0, 0, 1, 1, 0x0')).toBeNull()
})

test('a closed segment has its name and its times in milliseconds', () => {
  expect(parseSegmentLine('1795504184933-000012.ts,1.500000,2.500000')).toEqual({
    name: '1795504184933-000012.ts',
    startMs: 1500,
    endMs: 2500,
  })
  expect(parseSegmentLine('1-000000.ts,-0.100000,1.000000')).toMatchObject({ startMs: -100 })
  for (const line of ['', '../1-000000.ts,0,1', 'a.mp4,0,1', '1-000000.ts,0']) expect(parseSegmentLine(line)).toBeNull()
})
