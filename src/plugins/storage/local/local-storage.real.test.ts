import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testHost } from '../../../testkit/plugin-host.ts'
import { localStorage } from './plugin.ts'

const live = new AbortController().signal
const mountPoint = join(mkdtempSync(join(tmpdir(), 'homesec-small-disk-')), 'disk')
mkdirSync(mountPoint)
const mounted = mountSmallDisk()

function mountSmallDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mountPoint], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

afterAll(() => {
  if (mounted) execFileSync('umount', ['-l', mountPoint])
})

test.skipIf(!mounted)('a full disk is unavailable, says so, and keeps no half object [needs the right to mount a tmpfs]', async () => {
  const loaded = await localStorage.load({ root: mountPoint }, testHost())
  if (!loaded.ok) throw new Error('config')
  await using storage = loaded.value
  const big = join(mkdtempSync(join(tmpdir(), 'homesec-big-')), 'big.mp4')
  writeFileSync(big, Buffer.alloc(4 * 1024 * 1024, 1))

  const put = await storage.put(big, 'a/big.mp4', live)
  expect(put).toMatchObject({ ok: false, error: { kind: 'unavailable', message: expect.stringContaining('full') as string } })
  expect(readdirSync(join(mountPoint, '.homesec-incoming'))).toEqual([])
  expect(await storage.exists('local:a/big.mp4', live)).toEqual({ ok: true, value: false })

  writeFileSync(join(mountPoint, 'filler'), Buffer.alloc(1024 * 1024))
  expect(await storage.putBytes(Buffer.alloc(100), 'a/small.json', live)).toMatchObject({ ok: true })
})
