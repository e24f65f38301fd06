import { expect, test } from 'vitest'
import { spellings } from '../lib/secret-forms.ts'
import { readStreamUri, uriToComplete } from './stream-uri.ts'

const DEVICE = '192.168.1.20'
const PASSWORD = 'canary/5up3r'
const read = (told: string) => readStreamUri(told, DEVICE, spellings([PASSWORD]))

test.each([
  ['rtsp://192.168.1.20:554/live/ch0?a=1&b=2', 'rtsp://192.168.1.20:554/live/ch0?a=1&b=2'],
  ['rtsps://192.168.1.20/live', 'rtsps://192.168.1.20/live'],
  ['rtsp://admin:secret@192.168.1.20/live', 'rtsp://192.168.1.20/live'],
  ['rtsp://admin:p@ss@192.168.1.20/live', 'rtsp://192.168.1.20/live'],
  [
    'rtsp://192.168.1.20/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream',
    'rtsp://192.168.1.20/user=USER_password=PASSWORD_channel=1_stream=0.sdp?real_stream',
  ],
  ['rtsp://192.168.1.20/live?username=admin&password=a_b&x=1', 'rtsp://192.168.1.20/live?username=USER&password=PASSWORD&x=1'],
  ['rtsp://192.168.1.20/live?pwd=xyz', 'rtsp://192.168.1.20/live?pwd=PASSWORD'],
  [`rtsp://192.168.1.20/${PASSWORD}/live`, 'rtsp://192.168.1.20/PASSWORD/live'],
  [`rtsp://192.168.1.20/${encodeURIComponent(PASSWORD)}/live`, 'rtsp://192.168.1.20/PASSWORD/live'],
  [`rtsp://admin:${PASSWORD}@192.168.1.20/live`, 'rtsp://192.168.1.20/live'],
])('%s is shown without credentials', (told, uri) => {
  expect(read(told)).toEqual({ uri, other_host: null })
})

test.each([
  'http://192.168.1.20/live',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'rtsp://',
  'nonsense',
  '',
  `rtsp://a/${'x'.repeat(2_000)}`,
])('%.30s is no stream', (told) => expect(read(told)).toBeNull())

test('a stream on another host is named, also where only its user name looks like the device', () => {
  expect(read('rtsp://10.0.0.9/live')?.other_host).toBe('10.0.0.9')
  expect(read('rtsp://192.168.1.20@evil.example/live')).toEqual({ uri: 'rtsp://evil.example/live', other_host: 'evil.example' })
})

test('nothing in it can move the cursor or begin a line', () => {
  const { uri } = read('rtsp://192.168.1.20/a\n  - name: "b"\u001b[2J\u2028\u202ec') ?? { uri: '' }
  expect(uri).toMatch(/^[\x21-\x7e]+$/)
})

test('the owner is told where user name and password go', () => {
  expect(uriToComplete('rtsp://192.168.1.20/live')).toBe('rtsp://USER:PASSWORD@192.168.1.20/live')
})
