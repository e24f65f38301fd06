import { expect, test } from 'vitest'
import { deviceAt, deviceFrom, parseAddress } from './device-address.ts'

const announced = (...urls: string[]) => deviceFrom({ endpoint: null, name: null, hardware: null, urls }, '192.168.1.20')

test.each([
  [['http://192.168.1.20/onvif/device_service'], { port: 80, secure: false, path: '/onvif/device_service', claimed_host: null }],
  [['http://192.168.1.20:8000/o'], { port: 8000, secure: false, path: '/o', claimed_host: null }],
  [['https://192.168.1.20/o'], { port: 443, secure: true, claimed_host: null }],
  [['http://10.0.0.1/a', 'http://192.168.1.20:2020/b'], { port: 2020, path: '/b', claimed_host: null }],
  [['http://[fe80::1]/a', 'http://169.254.1.1:81/b'], { port: 81, path: '/b', claimed_host: '169.254.1.1' }],
  [['ftp://192.168.1.20/', 'nonsense', 'http://evil.example/x'], { port: 80, path: '/x', claimed_host: 'evil.example' }],
])('%s is asked at the address that the answer came from', (urls, expected) => {
  expect(announced(...urls)).toMatchObject({ address: '192.168.1.20', ...expected })
})

test('a device without a URL of the web cannot be asked', () => {
  expect(announced()).toBeNull()
  expect(announced('rtsp://192.168.1.20/', 'http://')).toBeNull()
})

test.each([
  ['192.168.1.20', { address: '192.168.1.20', port: null }],
  ['192.168.1.20:8000', { address: '192.168.1.20', port: 8000 }],
  ['192.168.1.20:0', null],
  ['192.168.1.20:99999', null],
  ['192.168.1', null],
  ['192.168.1.20/x', null],
  ['camera', null],
  ['-1', null],
])('as an address, %s is %j', (text, expected) => {
  expect(parseAddress(text)).toEqual(expected)
})

test('an address alone is asked at the usual place', () => {
  expect(deviceAt({ address: '192.168.1.20', port: null })).toMatchObject({ port: 80, path: '/onvif/device_service' })
})
