import { expect, test } from 'vitest'
import { describe } from './sdp.ts'

const h264 = {
  codec: 'h264',
  fps: 10,
  parameterSets: [Buffer.from('674d001f95', 'hex'), Buffer.from('68ee3c80', 'hex')],
  audio: null,
} as const

test('H.264 is described by its profile and parameter sets', () => {
  expect(describe(h264, '10.0.0.7').split('\r\n')).toEqual([
    'v=0',
    'o=- 1 1 IN IP4 10.0.0.7',
    's=Media Presentation',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1; profile-level-id=4D001F; sprop-parameter-sets=Z00AH5U=,aO48gA==',
    'a=framerate:10',
    'a=control:trackID=0',
    '',
  ])
})

test('H.265 has its three kinds of parameter sets by name', () => {
  const parameterSets = ['4001', '4201', '4401'].map((hex) => Buffer.from(hex, 'hex'))
  expect(describe({ codec: 'h265', fps: 29.97003, parameterSets, audio: null }, 'h')).toContain(
    'a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=QAE=; sprop-sps=QgE=; sprop-pps=RAE=\r\na=framerate:29.97\r\n',
  )
})

test('sound is a second track', () => {
  const aac = { codec: 'aac', sampleRateHz: 44_100, channels: 2, config: Buffer.from('1210', 'hex') } as const
  expect(describe({ ...h264, audio: aac }, 'h')).toMatch(
    /m=audio 0 RTP\/AVP 97\r\na=rtpmap:97 mpeg4-generic\/44100\/2\r\na=fmtp:97 .*mode=AAC-hbr;.*config=1210\r\na=control:trackID=1\r\n$/,
  )
  expect(describe({ ...h264, audio: { codec: 'pcma', sampleRateHz: 8000 } }, 'h')).toMatch(
    /m=audio 0 RTP\/AVP 8\r\na=rtpmap:8 PCMA\/8000\r\na=control:trackID=1\r\n$/,
  )
})
