import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFileAtomic } from './atomic-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-atomic-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the file is there whole, and nothing else is', async () => {
  await writeFileAtomic(join(folder, 'a.json'), '{"a":1}')
  expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe('{"a":1}')
  expect(await readdir(folder)).toEqual(['a.json'])
})

test('an old file is replaced, also by bytes', async () => {
  await writeFileAtomic(join(folder, 'a.bin'), 'a longer text than the next')
  await writeFileAtomic(join(folder, 'a.bin'), Uint8Array.of(1, 2, 3))
  expect([...(await readFile(join(folder, 'a.bin')))]).toEqual([1, 2, 3])
})

test('a write that fails leaves the target as it was and no temp file', async () => {
  await mkdir(join(folder, 'taken'))
  await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toMatchObject({ code: 'EISDIR' })
  expect(await readdir(folder)).toEqual(['taken'])
})

test('a missing folder is an error with its code', async () => {
  await expect(writeFileAtomic(join(folder, 'none', 'a.json'), 'x')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('writers of the same file do not mix: one of them wins whole', async () => {
  const contents = Array.from({ length: 10 }, (_, index) => String(index).repeat(10_000))
  await Promise.all(contents.map((content) => writeFileAtomic(join(folder, 'a.json'), content)))
  expect(contents).toContain(await readFile(join(folder, 'a.json'), 'utf8'))
  expect(await readdir(folder)).toEqual(['a.json'])
})
