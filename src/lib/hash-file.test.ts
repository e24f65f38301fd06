import { createHash } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashFile } from './hash-file.ts'

test('the hash is that of the whole file, however large', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'homesec-hash-')), 'clip.mp4')
  const bytes = Buffer.alloc(1_000_000, 'frame')
  await writeFile(path, bytes)
  expect(await hashFile(path, new AbortController().signal)).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('a missing file and an abort are rejections', async () => {
  await expect(hashFile('/nowhere/clip.mp4', new AbortController().signal)).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(hashFile('/etc/hostname', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})
