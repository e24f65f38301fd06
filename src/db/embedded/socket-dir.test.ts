import { expect, test } from 'vitest'
import { socketDirFor } from './socket-dir.ts'

test('the socket lies in the database folder', () => {
  expect(socketDirFor('/var/lib/homesec/db', '/tmp')).toBe('/var/lib/homesec/db')
})

test('a path too long for a socket gets a short name that is always the same and another one for another folder', () => {
  const long = `/srv/${'x'.repeat(100)}/db`
  const short = socketDirFor(long, '/tmp')
  expect(short).toMatch(/^\/tmp\/homesec-[0-9a-f]{16}$/)
  expect(socketDirFor(long, '/tmp')).toBe(short)
  expect(socketDirFor(`${long}2`, '/tmp')).not.toBe(short)
})

test('length is counted in bytes, as the kernel does', () => {
  expect(socketDirFor(`/srv/${'ü'.repeat(45)}/db`, '/tmp')).toMatch(/^\/tmp\/homesec-/)
})

test('a path that the setting would split does not reach the setting', () => {
  expect(socketDirFor('/srv/a,b/db', '/tmp')).toMatch(/^\/tmp\/homesec-/)
})
