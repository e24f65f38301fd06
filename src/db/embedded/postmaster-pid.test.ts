import { expect, test } from 'vitest'
import { isAlive, parsePostmasterPid, worksIn } from './postmaster-pid.ts'

test('a file of a running server', () => {
  const text = '9341\n/data/db\n1795353251\n5432\n/data/db\n\n  2147672         8\nready   \n'
  expect(parsePostmasterPid(text)).toEqual({ pid: 9341, port: 5432, socketDir: '/data/db', ready: true })
})

test('a server that is starting is not ready', () => {
  expect(parsePostmasterPid('9341\n/data/db\n1795353251\n5432\n/data/db\n\n  1 8\nstarting\n')?.ready).toBe(false)
})

test('half a file, garbage, and pids that must never be signalled are none', () => {
  for (const text of ['', '9341', 'x\n\n\ny', '0\n/d\n1\n5432\n/d\n', '-5\n/d\n1\n5432\n/d\n', '1\n/d\n1\n5432\n/d\n']) {
    expect(parsePostmasterPid(text) === null || parsePostmasterPid(text)?.ready === false, JSON.stringify(text)).toBe(true)
  }
  expect(parsePostmasterPid('-5\n/d\n1\n5432\n/d\n')).toBeNull()
  expect(parsePostmasterPid('1\n/d\n1\n5432\n/d\n')).toBeNull()
})

test('we live, and work elsewhere than in a database folder', async () => {
  expect(await isAlive(process.pid)).toBe(true)
  expect(await worksIn(process.pid, '/data/db')).not.toBe(true)
})
