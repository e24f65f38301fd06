import { expect, test } from 'vitest'
import { RtspReader, type Incoming } from './rtsp-reader.ts'

const REQUEST = 'SETUP rtsp://h/a?b=1&c=0/trackID=0 RTSP/1.0\r\nCSeq: 3\r\nTransport:RTP/AVP/TCP;interleaved=0-1\r\n\r\n'
const WITH_BODY = 'SET_PARAMETER rtsp://h/a RTSP/1.0\r\nCSeq: 4\r\ncontent-length: 5\r\n\r\n\r\n$ab'
const INTERLEAVED = Buffer.from([0x24, 1, 0, 3, 0x0d, 0x0a, 0x24])
const STREAM = Buffer.concat([Buffer.from(REQUEST), INTERLEAVED, Buffer.from(WITH_BODY), Buffer.from('\r\n\r\n'), Buffer.from(REQUEST)])

const asText = (incoming: Incoming) => {
  if (incoming.kind === 'request') return `${incoming.method} ${incoming.headers.get('cseq') ?? ''} ${incoming.body.toString()}`
  return incoming.kind === 'interleaved' ? `${incoming.channel}:${incoming.payload.toString('hex')}` : `broken ${incoming.status}`
}

test.each([1, 2, 3, 7, 64, 10_000])('requests and packets come through in pieces of %d bytes', (size) => {
  const reader = new RtspReader()
  const seen: string[] = []
  for (let at = 0; at < STREAM.length; at += size) seen.push(...reader.push(STREAM.subarray(at, at + size)).map(asText))
  expect(seen).toEqual(['SETUP 3 ', '1:0d0a24', 'SET_PARAMETER 4 \r\n$ab', 'SETUP 3 '])
})

test('headers are told by lower-case names, without the spaces around their values', () => {
  const [request] = new RtspReader().push(Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq:   1 \r\nX-Long-Name: a: b\r\n\r\n'))
  expect(request).toMatchObject({
    kind: 'request',
    uri: '*',
    headers: new Map([
      ['cseq', '1'],
      ['x-long-name', 'a: b'],
    ]),
  })
})

test.each([
  ['garbage', '\x00\xff\x13garbage\r\n\r\n', 400],
  ['a web browser', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', 400],
  ['another version', 'OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n', 505],
  ['a line that is no header', 'OPTIONS * RTSP/1.0\r\nno header\r\n\r\n', 400],
  ['a length that is no number', 'OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n', 400],
  ['a body that is too large', 'OPTIONS * RTSP/1.0\r\nContent-Length: 70000\r\n\r\n', 413],
  ['a length without end', `OPTIONS * RTSP/1.0\r\nContent-Length: ${'9'.repeat(400)}\r\n\r\n`, 400],
  ['headers without end', `OPTIONS * RTSP/1.0\r\n${'a: b\r\n'.repeat(2000)}`, 413],
  ['a line without end', 'A'.repeat(10_000), 413],
])('%s breaks the connection, and nothing after it is read', (_what, text, status) => {
  const reader = new RtspReader()
  expect(reader.push(Buffer.from(text, 'latin1'))).toEqual([{ kind: 'broken', status }])
  expect(reader.push(Buffer.from(REQUEST))).toEqual([])
})

test('random bytes never make it throw or wait for more than a packet', () => {
  let seed = 7
  const random = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16
  for (let round = 0; round < 300; round += 1) {
    const reader = new RtspReader()
    for (let chunk = 0; chunk < 20; chunk += 1) {
      reader.push(Buffer.from(Array.from({ length: random() % 500 }, () => random() & 0xff)))
    }
  }
})
