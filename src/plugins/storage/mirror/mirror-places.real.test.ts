import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mirrorOfSftp } from '../../../testkit/mirror-of-sftp.ts'
import { testHost } from '../../../testkit/plugin-host.ts'
import { NO_SSHD, Sshd } from '../../../testkit/sshd.ts'
import { expectLittleMemory } from '../../../testkit/upload-memory.ts'

const live = new AbortController().signal

function place(name: string, { port, user, keyFile }: Sshd) {
  const config = { host: '127.0.0.1', port, username: user, private_key_file: keyFile, root: name }
  return { name, backend: 'sftp', config }
}

describe.skipIf(NO_SSHD !== null)(`a mirror of two real servers${NO_SSHD === null ? '' : ` (skipped: ${NO_SSHD})`}`, () => {
  test('a place that is full is named, keeps no part, and does not hold up the other', async () => {
    await using nas = await Sshd.start()
    await using full = await Sshd.start({ fileLimitBytes: 1_000_000 })
    const loaded = await mirrorOfSftp.load({ backends: [place('nas', nas), place('full', full)] }, testHost())
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
    await using mirror = loaded.value
    const clip = join(await mkdtemp(join(tmpdir(), 'homesec-clip-')), 'clip.mp4')
    await writeFile(clip, Buffer.alloc(3_000_000))
    expect(await mirror.put(clip, 'a.mp4', live)).toMatchObject({
      ok: false,
      error: { kind: 'unavailable', message: expect.stringMatching(/^full: .*disk is full/) as string },
    })
    expect((await stat(join(nas.files, 'nas', 'a.mp4'))).size).toBe(3_000_000)
    expect(await readdir(join(full.files, 'full'))).toEqual(['.homesec-incoming'])
    expect(await readdir(join(full.files, 'full', '.homesec-incoming'))).toEqual([])
  })

  test('a clip of 200 MB takes less than 40 MB of memory, though two places are written at once', { timeout: 120_000 }, async () => {
    await using sshd = await Sshd.start()
    const module = new URL('../../../testkit/mirror-of-sftp.ts', import.meta.url).href
    const config = { backends: [place('nas', sshd), place('usb', sshd)] }
    await expectLittleMemory({ module, name: 'mirrorOfSftp', config, env: {} })
  })
})
