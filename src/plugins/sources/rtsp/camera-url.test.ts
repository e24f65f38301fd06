import { expect, test } from 'vitest'
import { deriveDetectUrl, parseCameraUrl, shownUrl } from './camera-url.ts'

const parsed = (text: string) => {
  const url = parseCameraUrl(text)
  return url.ok ? url.value : url.error
}

test.each([
  ['rtsp://cam/stream1', 'rtsp://cam/stream1'],
  ['  RTSP://cam:554/a?b=c  ', 'rtsp://cam:554/a?b=c'],
  ['rtsp://user:pass@cam/x', 'rtsp://user:pass@cam/x'],
  ['rtsp://user:p@ss@cam/x', 'rtsp://user:p%40ss@cam/x'],
  ['rtsp://user:p/a#s?s@cam/x', 'rtsp://user:p%2Fa%23s%3Fs@cam/x'],
  ['rtsp://user:p%40ss@cam/x', 'rtsp://user:p%40ss@cam/x'],
  ["rtsp://user:it's@cam/x", 'rtsp://user:it%27s@cam/x'],
  ['rtsp://user:100%@cam/x', 'rtsp://user:100%25@cam/x'],
  ['rtsp://cam/path@2x', 'rtsp://cam/path@2x'],
  ['rtsp://[fe80::1]:554/x', 'rtsp://[fe80::1]:554/x'],
])('%j is dialled as %j', (text, url) => {
  expect(parsed(text)).toBe(url)
})

test.each(['http://cam/x', 'file:///etc/passwd', 'cam/stream1', 'rtsp://', 'rtsp://cam/a b', 'rtsp://cam/a|b', 'concat:rtsp://cam/x'])(
  '%j is refused, and not repeated',
  (text) => {
    const url = parseCameraUrl(text)
    expect(url.ok).toBe(false)
    expect(url.ok ? '' : url.error).not.toContain('cam/')
  },
)

test('people see an address without user, password or query', () => {
  expect(shownUrl('rtsp://user:p%40ss@cam:554/x?user=me&password=it')).toBe('rtsp://cam:554/x')
  expect(shownUrl('rtsp://cam/x')).toBe('rtsp://cam/x')
})

test.each([
  ['rtsp://u:p@cam/cam/realmonitor?channel=1&subtype=0', 'rtsp://u:p@cam/cam/realmonitor?channel=1&subtype=1'],
  ['rtsp://cam:554/stream1', 'rtsp://cam:554/stream2'],
  ['rtsp://cam/Streaming/Channels/101', 'rtsp://cam/Streaming/Channels/102'],
  ['rtsp://cam/h264Preview_01_main', 'rtsp://cam/h264Preview_01_sub'],
  ['rtsp://cam/videoMain', 'rtsp://cam/videoSub'],
  ['rtsp://cam/stream10', null],
  ['rtsp://cam/live', null],
  ['rtsp://u:%2Fstream1@cam/live', null],
])('of %j the small stream is %j', (main, detect) => {
  expect(deriveDetectUrl(main)).toBe(detect)
})
