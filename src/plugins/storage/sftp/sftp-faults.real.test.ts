import { mkdtemp, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PluginHost } from '../../../contracts/plugin.ts'
import type { StorageBackend } from '../../../contracts/storage.ts'
import { testHost } from '../../../testkit/plugin-host.ts'
import { NO_SSHD, Sshd } from '../../../testkit/sshd.ts'
import { TcpCutter } from '../../../testkit/tcp-cutter.ts'
import { expectLittleMemory } from '../../../testkit/upload-memory.ts'
import { sftpStorage } from './plugin.ts'

const live = new AbortController().signal
const CLIP_BYTES = 4_000_000

async function open(config: object, host: PluginHost = testHost()): Promise<StorageBackend> {
  const loaded = await sftpStorage.load({ host: '127.0.0.1', ...config }, host)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  return loaded.value
}

describe.skipIf(NO_SSHD !== null)(`sftp on OpenSSH when things go wrong${NO_SSHD === null ? '' : ` (skipped: ${NO_SSHD})`}`, () => {
  let sshd: Sshd
  let cutter: TcpCutter
  let storage: StorageBackend
  let clip: string
  let root = ''
  let roots = 0

  beforeAll(async () => {
    sshd = await Sshd.start()
    clip = join(await mkdtemp(join(tmpdir(), 'homesec-clip-')), 'clip.mp4')
    await writeFile(clip, Buffer.alloc(CLIP_BYTES, 'clip'))
  })
  afterAll(() => sshd[Symbol.asyncDispose]())
  beforeEach(async () => {
    cutter = await TcpCutter.before(sshd.port)
    roots += 1
    root = `root ${roots}`
    storage = await open({ port: cutter.port, ...login(), root })
  })
  afterEach(async () => {
    await storage[Symbol.asyncDispose]()
    await cutter[Symbol.asyncDispose]()
  })

  const login = () => ({ username: sshd.user, private_key_file: sshd.keyFile })
  const put = () => storage.put(clip, 'front/a.mp4', live)
  const stored = () => readFile(join(sshd.files, root, 'front/a.mp4'))
  const incoming = () => readdir(join(sshd.files, root, '.homesec-incoming'))

  test.each([1, 100, 3000, 20_000, CLIP_BYTES / 2, CLIP_BYTES])(
    'a connection that is cut after %i bytes leaves no object, and the next try stores it',
    async (bytes) => {
      cutter.cutAfterBytes = bytes
      expect(await put()).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
      await expect(stored()).rejects.toThrow('ENOENT')
      cutter.cutAfterBytes = null
      expect(await put()).toEqual({ ok: true, value: { storage_uri: 'sftp:front/a.mp4', view_url: null } })
      expect((await stored()).equals(await readFile(clip))).toBe(true)
    },
  )

  test('parts that killed processes left go with the next upload, those of a neighbour at work stay', async () => {
    expect(await put()).toMatchObject({ ok: true })
    await storage[Symbol.asyncDispose]()
    const part = (name: string) => join(sshd.files, root, '.homesec-incoming', name)
    await writeFile(part('old'), 'half a clip')
    await writeFile(part('young'), 'half a clip')
    const longAgo = new Date(new Date().getTime() - 2 * 60 * 60 * 1000)
    await utimes(part('old'), longAgo, longAgo)
    storage = await open({ port: cutter.port, ...login(), root })
    expect(await put()).toMatchObject({ ok: true })
    expect(await incoming()).toEqual(['young'])
  })

  test('one connection serves everybody, and a new one is made after a cut', async () => {
    const results = await Promise.all([put(), storage.ping(live), storage.exists('sftp:front/b.mp4', live)])
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true])
    expect(cutter.connections).toBe(1)
    cutter.cutAll()
    while (!(await storage.ping(live)).ok);
    expect(cutter.connections).toBe(2)
  })

  test('an aborted upload leaves neither object nor part', async () => {
    expect(await storage.ping(live)).toMatchObject({ ok: true })
    const abort = new AbortController()
    cutter.holdAfter(CLIP_BYTES / 2)
    const putting = storage.put(clip, 'front/a.mp4', abort.signal)
    await expect.poll(incoming).toHaveLength(1)
    cutter.release()
    abort.abort()
    expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    await expect.poll(incoming).toEqual([])
    await storage[Symbol.asyncDispose]()
    await expect(stored()).rejects.toThrow('ENOENT')
  })

  test('a full disk is told as what it most often is, and leaves nothing', async () => {
    await using full = await Sshd.start({ fileLimitBytes: 1_000_000 })
    await using small = await open({ port: full.port, username: full.user, private_key_file: full.keyFile, root })
    const put = await small.put(clip, 'a.mp4', live)
    expect(put).toMatchObject({ ok: false, error: { kind: 'unavailable', message: expect.stringContaining('disk is full') as string } })
    expect(await small.putBytes(Buffer.from('x'), 'b.mp4', live)).toMatchObject({ ok: true })
    expect(await readdir(join(full.files, root))).toEqual(['.homesec-incoming', 'b.mp4'])
    expect(await readdir(join(full.files, root, '.homesec-incoming'))).toEqual([])
  })

  test('a clip of 200 MB takes less than 40 MB of memory', { timeout: 120_000 }, async () => {
    const module = new URL('./plugin.ts', import.meta.url).href
    const config = { host: '127.0.0.1', port: sshd.port, ...login(), root }
    await expectLittleMemory({ module, name: 'sftpStorage', config, env: {} })
  })
})
