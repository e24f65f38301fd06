import { expect, test } from 'vitest'
import { asPort, parseExtendedPort, parsePort, plainAddress } from './client-address.ts'
import { asFacts, asLongList, asNames } from './listing.ts'
import { msAhead } from './receive.ts'
import { formatReply, reply } from './reply.ts'

test.each([
  [reply(200, 'Fine.'), '200 Fine.\r\n'],
  [reply(211, ['Features:', 'SIZE', 'End']), '211-Features:\r\n SIZE\r\n211 End\r\n'],
  [reply(257, '"a\r\n550 b"'), '257 "a??550 b"\r\n'],
])('an answer goes out as %#', (answer, text) => {
  expect(formatReply(answer)).toBe(text)
})

test('a file is listed in every form a client may want', () => {
  const file = { name: 'a b.mp4', size_bytes: 1234, modified: new Date('2026-01-02T03:04:05.678Z') }
  expect(asLongList([file])).toBe('-rw------- 1 camera camera         1234 Jan  2 03:04 a b.mp4\r\n')
  expect(asNames([file, file])).toBe('a b.mp4\r\na b.mp4\r\n')
  expect(asFacts([file])).toBe('type=file;size=1234;modify=20260102030405;perm=f; a b.mp4\r\n')
  expect(asNames([])).toBe('')
})

test.each([
  ['::ffff:192.168.1.2', '192.168.1.2'],
  ['192.168.1.2', '192.168.1.2'],
  ['fe80::1%eth0', 'fe80::1'],
  [undefined, ''],
])('the address %s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain)
})

test.each([
  ['192,168,1,2,234,96', { host: '192.168.1.2', port: 60_000 }],
  ['192,168,1,2,234', null],
  ['192,168,1,256,234,96', null],
  ['192,168,1,2,234,96,1', null],
  ['a,b,c,d,e,f', null],
  ['', null],
])('PORT %j means %j', (argument, target) => {
  expect(parsePort(argument)).toEqual(target)
})

test.each([
  ['|1|192.168.1.2|6275|', { host: '192.168.1.2', port: 6275 }],
  ['!2!fd00::1!6275!', { host: 'fd00::1', port: 6275 }],
  ['|2|192.168.1.2|6275|', null],
  ['|1|192.168.1.2|65536|', null],
  ['|1|192.168.1.2|6275', null],
  ['|1|home.example|6275|', null],
  ['', null],
])('EPRT %j means %j', (argument, target) => {
  expect(parseExtendedPort(argument)).toEqual(target)
})

test('PASV tells an address in six numbers', () => {
  expect(asPort('192.168.1.2', 60_000)).toBe('192,168,1,2,234,96')
})

test.each([
  [1000, 500, 1000, 500],
  [1000, 1000, 1000, 0],
  [1000, 5000, 1000, 0],
  [1000, 0, null, 0],
])('%d bytes in %d ms, at most %j bytes per second: wait %d ms', (bytes, elapsedMs, rate, waitMs) => {
  expect(msAhead(bytes, elapsedMs, rate)).toBe(waitMs)
})
