import { expect, test } from 'vitest'
import { parseTrackAddress } from './track-address.ts'

test.each([
  ['rtsp://h:554/stream1', { stream: 'stream1', track: null }],
  ['rtsp://h/stream1/', { stream: 'stream1', track: null }],
  ['RTSP://h/stream1/trackID=0', { stream: 'stream1', track: 'video' }],
  ['rtsp://h/a/b/trackID=1/', { stream: 'a/b', track: 'audio' }],
  ['rtsp://h/cam/realmonitor?channel=1&subtype=0', { stream: 'cam/realmonitor?channel=1&subtype=0', track: null }],
  ['rtsp://h/cam/realmonitor?channel=1&subtype=0/trackID=1', { stream: 'cam/realmonitor?channel=1&subtype=0', track: 'audio' }],
  ['rtsp://h/stream1/trackID=7', null],
  ['http://h/stream1', null],
  ['*', null],
])('%s', (uri, address) => {
  expect(parseTrackAddress(uri)).toEqual(address)
})
