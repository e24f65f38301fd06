import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DropboxServer } from '../../../testkit/dropbox-server.ts'

const MB = 1_000_000
const UPLOAD = join(import.meta.dirname, '../../../testkit/dropbox/upload-process.ts')

test('a clip of 200 MB is uploaded with less than 40 MB more memory', async () => {
  await using server = await DropboxServer.start({ keepBytes: false })
  const folder = await mkdtemp(join(tmpdir(), 'homesec-big-clip-'))
  const path = join(folder, 'big.mp4')
  const file = await open(path, 'w')
  await file.truncate(200 * MB)
  await file.close()
  const args = ['--import', 'tsx', UPLOAD, JSON.stringify(server.endpoints), path]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  await rm(folder, { recursive: true })
  console.log(`memory grew by ${(Number(stdout) / MB).toFixed(1)} MB`)
  expect(server.account.tree.files.map(({ size }) => size)).toEqual([200 * MB])
  expect(Number(stdout)).toBeGreaterThan(0)
  expect(Number(stdout)).toBeLessThan(40 * MB)
})
