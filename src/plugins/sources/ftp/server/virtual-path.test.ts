import { expect, test } from 'vitest'
import { resolveVirtual, splitVirtual } from './virtual-path.ts'

test.each([
  ['/', 'a.mp4', '/a.mp4'],
  ['/2026', 'a.mp4', '/2026/a.mp4'],
  ['/2026', '/a.mp4', '/a.mp4'],
  ['/2026', '', '/2026'],
  ['/a/b', '..', '/a'],
  ['/', '..', '/'],
  ['/', '../../../../etc/passwd', '/etc/passwd'],
  ['/a', './/b/./c/', '/a/b/c'],
  ['/', '//camera_test', '/camera_test'],
  ['/', '..\\..\\x', '/..\\..\\x'],
  ['/', 'a\0b', null],
  ['/', 'd/'.repeat(33), null],
  ['/', 'x'.repeat(2001), null],
])('from %s, %j leads to %j', (cwd, path, resolved) => {
  expect(resolveVirtual(cwd, path)).toBe(resolved)
})

test.each([
  ['/a.mp4', '/', 'a.mp4'],
  ['/d/e/a.mp4', '/d/e', 'a.mp4'],
  ['/', '/', ''],
])('%s is in %s', (path, folder, name) => {
  expect(splitVirtual(path)).toEqual({ folder, name })
})
