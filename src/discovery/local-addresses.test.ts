import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { localAddresses } from './local-addresses.ts'

const v4 = (address: string, internal = false): NetworkInterfaceInfo => ({
  ...{ address, internal, family: 'IPv4', netmask: '255.255.255.0', mac: '00:00:00:00:00:00', cidr: null },
})
const v6: NetworkInterfaceInfo = { ...v4('fe80::1'), family: 'IPv6', scopeid: 1 }
const ALL = { lo: [v4('127.0.0.1', true)], eth0: [v4('192.168.1.2'), v6, v4('192.168.9.2')], eth1: [v4('10.0.0.2')] }

test.each([
  [[], ['192.168.1.2', '192.168.9.2', '10.0.0.2']],
  [['eth1'], ['10.0.0.2']],
  [['lo'], ['127.0.0.1']],
  [['192.168.9.2'], ['192.168.9.2']],
])('asked on %j, the addresses are %j', (wanted, addresses) => {
  expect(localAddresses(wanted, ALL)).toEqual({ ok: true, value: addresses })
})

test('an interface that does not exist is named, and those that do', () => {
  const result = localAddresses(['eth0', 'wlan9'], ALL)
  expect(result).toMatchObject({ ok: false, error: expect.stringMatching(/no interface wlan9 .*eth0 \(192\.168\.1\.2\)/) as string })
})
