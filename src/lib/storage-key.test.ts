import { expect, test } from 'vitest'
import { storageKeyProblem } from './storage-key.ts'

test.each(['a.mp4', 'clips/front/front_1.mp4', 'a..b/c', 'Übersicht/猫 1.mp4', 'x'.repeat(512)])('%j can name an object', (key) => {
  expect(storageKeyProblem(key)).toBeNull()
})

test.each([
  '',
  '/',
  '///',
  '/etc/passwd',
  '..',
  '../x',
  'a/../b',
  'a//b',
  'a/',
  './a',
  'a\\b',
  'a\0b',
  '.homesec-storage.json',
  'x'.repeat(513),
])('%j is refused', (key) => {
  expect(storageKeyProblem(key)).not.toBeNull()
})
