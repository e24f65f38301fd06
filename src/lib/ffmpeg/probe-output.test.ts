import { expect, test } from 'vitest'
import { durationFromPackets, parseProbeOutput, plausibleCreationTime } from './probe-output.ts'

const video = { codec_type: 'video', codec_name: 'h264', width: 64, height: 48, avg_frame_rate: '30000/1001', r_frame_rate: '30/1' }
const facts = (output: unknown) => parseProbeOutput(JSON.stringify(output))

test('size, rate, codec, length and time tag are read', () => {
  const output = {
    streams: [video, { codec_type: 'audio' }],
    format: { format_name: 'mov,mp4,m4a,3gp,3g2,mj2', duration: '3.5', tags: { creation_time: 'x' } },
  }
  expect(facts(output)).toEqual({
    is_mp4: true,
    duration_s: 3.5,
    creation_time: 'x',
    video: { width: 64, height: 48, fps: 30000 / 1001, codec: 'h264' },
    has_audio: true,
  })
})

test('a cover picture is no video', () => {
  expect(facts({ streams: [{ ...video, disposition: { attached_pic: 1 } }, { codec_type: 'audio' }] })?.video).toBeNull()
})

test.each([
  ['turned by side data', { side_data_list: [{}, { rotation: -90 }] }],
  ['turned by an old tag', { tags: { rotate: '270' } }],
])('a video %s has its shown size', (_, turned) => {
  expect(facts({ streams: [{ ...video, ...turned }] })?.video).toMatchObject({ width: 48, height: 64 })
})

test('upside down keeps its size', () => {
  expect(facts({ streams: [{ ...video, side_data_list: [{ rotation: 180 }] }] })?.video).toMatchObject({ width: 64, height: 48 })
})

test('an unknown rate is 0 and an unknown length null', () => {
  const read = facts({ streams: [{ ...video, avg_frame_rate: '0/0', r_frame_rate: '0/0' }], format: {} })
  expect(read).toMatchObject({ duration_s: null, video: { fps: 0 } })
})

test.each(['', 'not json', '[]'])('the output %j is refused', (output) => {
  expect(parseProbeOutput(output)).toBeNull()
})

test.each([
  ['0.5,0.1\n0.9,0.1\n0.7,0.1\n', 0.5],
  ['N/A,N/A\n1.0,N/A\n3.0,N/A\n', 2],
  ['N/A,N/A\n', null],
  ['', null],
])('packets %j last %s s', (csv, duration_s) => {
  const measured = durationFromPackets(csv)
  if (duration_s === null) expect(measured).toBeNull()
  else expect(measured).toBeCloseTo(duration_s)
})

const written = Date.parse('2026-01-01T12:00:00Z')
test.each([
  ['2026-01-01T11:59:00.000000Z', '2026-01-01T11:59:00.000Z'],
  ['2026-01-01T13:00:00+02:00', '2026-01-01T11:00:00.000Z'],
  ['1904-01-01T00:00:00Z', null],
  ['1970-01-01T00:00:00Z', null],
  ['2036-02-07T06:28:15Z', null],
  ['soon', null],
  [null, null],
])('the time tag %s is believed as %s', (tag, believed) => {
  expect(plausibleCreationTime(tag, written)).toBe(believed)
})
