import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freeBytesAt } from './free-bytes.ts'

const ABSENT = join(tmpdir(), 'homesec-no-such-folder')

// /proc is a disk of its own, on which nothing is ever free.
test.skipIf(!existsSync('/proc/self'))('the disk of the first folder is measured, not that of the second', async () => {
  expect(await freeBytesAt(['/proc', tmpdir()])).toBe(0)
})

test('a folder that is not there yet leaves the question to the next', async () => {
  expect(await freeBytesAt([ABSENT, tmpdir()])).toBeGreaterThan(0)
})

test('no folder, no answer', async () => {
  expect(await freeBytesAt([ABSENT])).toBeNull()
})
