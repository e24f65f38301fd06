import { expect, test } from 'vitest'
import { probeMatches } from '../testkit/onvif-messages.ts'
import { cpuMsOf } from '../testkit/cpu-time.ts'
import { DEVICE_TYPES, parseProbeMatches, probeMessage } from './probe-message.ts'

const CAMERA = {
  endpoint: 'urn:uuid:1',
  relatesTo: 'urn:uuid:2',
  types: 'dn:NetworkVideoTransmitter',
  scopes: ['onvif://www.onvif.org/name/Front%20Door', 'onvif://www.onvif.org/hardware/IPC-1'],
  xaddrs: ['http://192.168.1.20/onvif/device_service', 'http://[fe80::1]/onvif/device_service'],
}

test('a camera tells its id, its name, its hardware and where it can be asked', () => {
  expect(parseProbeMatches(probeMatches(CAMERA))).toEqual([
    { endpoint: 'urn:uuid:1', urls: CAMERA.xaddrs, name: 'Front Door', hardware: 'IPC-1' },
  ])
})

test('each match of a message counts, and entities in its URLs are resolved', () => {
  const one = probeMatches({ ...CAMERA, xaddrs: ['http://192.168.1.20/a?b=1&amp;c=2'] })
  const match = /<wsdd:ProbeMatch>.*<\/wsdd:ProbeMatch>/.exec(one)?.[0] ?? ''
  const found = parseProbeMatches(one.replace(match, match.repeat(2)))
  expect(found.map(({ urls }) => urls)).toEqual(Array(2).fill(['http://192.168.1.20/a?b=1&c=2']))
})

test('printers, network disks and noise are no cameras', () => {
  const printer = probeMatches({ ...CAMERA, types: 'wsdp:Device wprt:PrintDeviceType', scopes: [] })
  for (const message of [printer, '', 'GET / HTTP/1.1', '<ProbeMatches></ProbeMatches>', '\0\u001b[2J']) {
    expect(parseProbeMatches(message)).toEqual([])
  }
})

test('a camera that leaves everything out is still one', () => {
  const found = parseProbeMatches('<d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types></d:ProbeMatch>')
  expect(found).toEqual([{ endpoint: null, urls: [], name: null, hardware: null }])
})

test.each([
  ['<ProbeMatch'.repeat(6_000)],
  ['<ProbeMatch><Types '.repeat(3_500)],
  [`<ProbeMatch><Types${' '.repeat(60_000)}`],
  [`<ProbeMatch ><${'a'.repeat(60_000)}`],
])('a message made to be slow is read at once: %.20s…', (message) => {
  expect(cpuMsOf(() => parseProbeMatches(message))).toBeLessThan(300)
})

test('a question names one kind of device and carries its id', () => {
  const [older, newer] = DEVICE_TYPES.map((type) => probeMessage('id-1', type))
  expect(older).toContain('urn:uuid:id-1')
  expect(older).toContain('<d:Types>dn:NetworkVideoTransmitter</d:Types>')
  expect(newer).toContain('<d:Types>tds:Device</d:Types>')
})
