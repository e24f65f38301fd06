import { expect, test } from 'vitest'
import { parseTransport } from './transport.ts'

test.each([
  ['RTP/AVP/TCP;unicast;interleaved=2-3', { kind: 'tcp', channel: 2 }],
  ['RTP/AVP/TCP;unicast', { kind: 'tcp', channel: null }],
  ['RTP/AVP;unicast;client_port=5000-5001', { kind: 'udp', rtpPort: 5000, rtcpPort: 5001 }],
  ['RTP/AVP/UDP;unicast;client_port=5000', { kind: 'udp', rtpPort: 5000, rtcpPort: 5001 }],
  ['RTP/AVP;multicast, RTP/AVP/TCP;interleaved=0-1', { kind: 'tcp', channel: 0 }],
  ['RTP/AVP;multicast;client_port=5000-5001', null],
  ['RTP/SAVP;unicast;client_port=5000-5001', null],
  ['RTP/AVP;unicast', null],
  ['RTP/AVP;unicast;client_port=0-1', null],
  ['RTP/AVP;unicast;client_port=65535-65536', null],
  ['RTP/AVP/TCP;interleaved=255-256', null],
  ['RTP/AVP/TCP;interleaved=x', null],
  ['', null],
])('%s', (header, wanted) => {
  expect(parseTransport(header)).toEqual(wanted)
})
