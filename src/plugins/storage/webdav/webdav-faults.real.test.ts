import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StorageBackend } from '../../../contracts/storage.ts'
import { startDavFaults, type DavFaults } from '../../../testkit/dav-faults.ts'
import { DAV_PASSWORD, DAV_USER, NO_APACHE, startApache, type DavServer } from '../../../testkit/dav-servers.ts'
import type { Fault } from '../../../testkit/fault-proxy.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { expectLittleMemory } from '../../../testkit/upload-memory.ts'
import { webdavStorage } from './plugin.ts'

const live = new AbortController().signal
const LOGIN = { username_env: 'USER', password_env: 'PASSWORD' }
const env = { USER: DAV_USER, PASSWORD: DAV_PASSWORD }
const CLIP_BYTES = 3_000_000

describe.skipIf(NO_APACHE !== null)(`webdav when things go wrong${NO_APACHE === null ? '' : ` (skipped: ${NO_APACHE})`}`, () => {
  let server: DavServer
  let faults: DavFaults
  let storage: StorageBackend
  let clip: string
  let root = ''
  let roots = 0

  beforeAll(async () => {
    server = await startApache()
    clip = join(await mkdtemp(join(tmpdir(), 'homesec-clip-')), 'clip.mp4')
    await writeFile(clip, Buffer.alloc(CLIP_BYTES, 'clip'))
  })
  afterAll(() => server[Symbol.asyncDispose]())
  beforeEach(async () => {
    faults = await startDavFaults(server.url)
    roots += 1
    root = `faults/${roots}`
    storage = await open()
  })
  afterEach(async () => {
    await storage[Symbol.asyncDispose]()
    await faults[Symbol.asyncDispose]()
  })

  const open = async (config: object = {}) => {
    return built(webdavStorage, { url: faults.url, root, ...LOGIN, ...config }, testHost({ env }))
  }
  const put = () => storage.put(clip, 'front/a.mp4', live)
  const incoming = () => readdir(join(server.files, root, '.homesec-incoming'))
  const stored = () => readFile(join(server.files, root, 'front/a.mp4'))

  test.each<[string, string, Fault, object]>([
    [
      '429 before the body',
      'PUT',
      { do: 'status', status: 429, headers: { 'retry-after': '7' }, afterBytes: 0 },
      { kind: 'unavailable', retryAfterMs: 7000 },
    ],
    [
      '503 in the middle of it',
      'PUT',
      { do: 'status', status: 503, afterBytes: 1_000_000, headers: { 'retry-after': '3' } },
      { kind: 'unavailable' },
    ],
    ['500 in the middle of it', 'PUT', { do: 'status', status: 500, afterBytes: 1_000_000 }, { kind: 'unavailable' }],
    [
      'a full disk',
      'PUT',
      { do: 'status', status: 507, afterBytes: 0 },
      { kind: 'unavailable', message: expect.stringContaining('full') as string },
    ],
    [
      'a limit of size',
      'PUT',
      { do: 'status', status: 413, afterBytes: 0 },
      { kind: 'rejected', message: expect.stringContaining('client_max_body_size') as string },
    ],
    [
      'a locked folder',
      'MOVE',
      { do: 'status', status: 423, afterBytes: 0 },
      { kind: 'unavailable', message: expect.stringContaining('locked') as string },
    ],
    ['a cut before the body', 'PUT', { do: 'cut_unseen', afterBytes: 0 }, { kind: 'unavailable' }],
    ['a cut after the first bytes', 'PUT', { do: 'cut_unseen', afterBytes: 1 }, { kind: 'unavailable' }],
    ['a cut half way', 'PUT', { do: 'cut_unseen', afterBytes: CLIP_BYTES / 2 }, { kind: 'unavailable' }],
    ['a cut after the last byte', 'PUT', { do: 'cut_unseen', afterBytes: CLIP_BYTES }, { kind: 'unavailable' }],
    ['a lost answer to the upload', 'PUT', { do: 'cut_response', afterBytes: 0 }, { kind: 'unavailable' }],
    ['a cut before the renaming', 'MOVE', { do: 'cut_unseen', afterBytes: 0 }, { kind: 'unavailable' }],
  ])('%s leaves neither an object nor a part, and the next try stores it', async (_name, method, fault, error) => {
    faults.spoil(method, fault)
    expect(await put()).toMatchObject({ ok: false, error })
    await storage[Symbol.asyncDispose]()
    expect(await incoming()).toEqual([])
    await expect(stored()).rejects.toThrow('ENOENT')

    storage = await open()
    expect(await put()).toEqual({ ok: true, value: { storage_uri: 'webdav:front/a.mp4', view_url: null } })
    expect((await stored()).equals(await readFile(clip))).toBe(true)
    expect(await incoming()).toEqual([])
  })

  test('a lost answer to the renaming leaves the whole object, and the next try replaces it', async () => {
    expect(await storage.putBytes(Buffer.from('makes the folder'), 'front/b.mp4', live)).toMatchObject({ ok: true })
    faults.spoil('MOVE', { do: 'cut_response', afterBytes: 0 })
    expect(await put()).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await stored()).toHaveLength(CLIP_BYTES)
    expect(await put()).toMatchObject({ ok: true })
  })

  test.each([502, 500])('a renaming that happened although a proxy says %i is a success', async (status) => {
    expect(await storage.putBytes(Buffer.from('makes the folder'), 'front/b.mp4', live)).toMatchObject({ ok: true })
    faults.spoil('MOVE', { do: 'replace_response', status })
    expect(await put()).toMatchObject({ ok: true })
    expect((await stored()).equals(await readFile(clip))).toBe(true)
    expect(await incoming()).toEqual([])
  })

  test('a part that was taken away before its renaming is no verdict: the clip is tried again', async () => {
    for (let times = 0; times < 2; times += 1) faults.spoil('MOVE', { do: 'status', status: 404, afterBytes: 0 })
    expect(await put()).toMatchObject({ ok: false, error: { kind: 'unavailable', message: expect.stringContaining('gone') as string } })
    expect(await put()).toMatchObject({ ok: true })
  })

  test('an upload has its length in front and is in no chunked encoding', async () => {
    expect(await put()).toMatchObject({ ok: true })
    const upload = faults.requests.find(({ method }) => method === 'PUT')
    expect(upload?.headers['content-length']).toBe(String(CLIP_BYTES))
    expect(upload?.headers['transfer-encoding']).toBeUndefined()
  })

  test('a server that does not know the question before an upload gets it without', async () => {
    faults.spoil('PUT', { do: 'status', status: 417, afterBytes: 0 })
    expect(await put()).toMatchObject({ ok: true })
    const asked = faults.requests.filter(({ method }) => method === 'PUT').map(({ headers }) => headers.expect)
    expect(asked).toEqual(['100-continue', undefined])
    expect((await stored()).equals(await readFile(clip))).toBe(true)
  })

  test('an aborted upload is told at once, and its part is taken away', async () => {
    expect(await storage.putBytes(Buffer.from('x'), 'front/b.mp4', live)).toMatchObject({ ok: true })
    faults.spoil('PUT', { do: 'stall' })
    const abort = new AbortController()
    const asked = faults.next(({ method }) => method === 'PUT')
    const putting = storage.put(clip, 'front/a.mp4', abort.signal)
    await asked
    abort.abort()
    expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    expect(await put()).toMatchObject({ ok: true })
    expect(await incoming()).toEqual([])
  })

  test('a part that a killed process left is replaced and gone with the next try of that clip', async () => {
    faults.spoil('MOVE', { do: 'cut_unseen', afterBytes: 0 })
    faults.spoil('DELETE', { do: 'cut_unseen', afterBytes: 0 })
    faults.spoil('DELETE', { do: 'cut_unseen', afterBytes: 0 })
    expect(await put()).toMatchObject({ ok: false })
    await storage[Symbol.asyncDispose]()
    expect(await incoming()).toHaveLength(1)
    storage = await open()
    expect(await put()).toMatchObject({ ok: true })
    expect(await incoming()).toEqual([])
  })

  test('a server that falls silent is a timeout', async () => {
    await storage[Symbol.asyncDispose]()
    storage = await open({ idle_timeout_s: 1 })
    faults.spoil('HEAD', { do: 'stall' })
    const asked = await storage.exists('webdav:a.mp4', live)
    expect(asked).toMatchObject({ ok: false, error: { kind: 'timeout', message: expect.stringContaining('idle_timeout_s') as string } })
  })

  test('closing does not wait for a read that gets no answer', async () => {
    expect(await storage.ping(live)).toMatchObject({ ok: true })
    faults.spoil('GET', { do: 'stall' })
    const reading = storage.read('webdav:a.mp4', null, live)
    await expect.poll(() => faults.requests.at(-1)?.method).toBe('GET')
    await storage[Symbol.asyncDispose]()
    expect(await reading).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test('a player that pauses for longer than a server may be silent gets the rest', async () => {
    const film = Buffer.alloc(20_000_000, 'film') // more than fits between the two
    await writeFile(join(server.files, 'film.mp4'), film)
    await using whole = await open({ idle_timeout_s: 5, root: '' })
    const read = await whole.read('webdav:film.mp4', null, live)
    if (!read.ok) throw new Error(read.error.message)
    await new Promise((resolve) => setTimeout(resolve, 6500))
    expect((await buffer(read.value.stream)).equals(film)).toBe(true)
  })

  test('a server that takes no notice of ranges is cut short here', async () => {
    expect(await storage.putBytes(Buffer.from('0123456789'), 'a.txt', live)).toMatchObject({ ok: true })
    faults.ignoreRanges = true
    const read = await storage.read('webdav:a.txt', { start: 3, end: 5 }, live)
    if (!read.ok) throw new Error(read.error.message)
    expect(read.value.size).toBe(10)
    expect(Buffer.concat(await read.value.stream.toArray()).toString()).toBe('345')
    expect(await storage.read('webdav:a.txt', { start: 10, end: 10 }, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test.each(['x-hash-sha1', 'oc-checksum'])('a server that tells by %s that it received other bytes is not believed', async (header) => {
    faults.extraHeaders = { [header]: header === 'oc-checksum' ? `SHA1:${'0'.repeat(40)}` : '0'.repeat(40) }
    expect(await put()).toMatchObject({
      ok: false,
      error: { kind: 'unavailable', message: expect.stringContaining('other bytes') as string },
    })
    await expect(stored()).rejects.toThrow('ENOENT')
  })

  test('a download that breaks off leaves no file', async () => {
    expect(await put()).toMatchObject({ ok: true })
    const target = join(await mkdtemp(join(tmpdir(), 'homesec-get-')), 'a.mp4')
    faults.spoil('GET', { do: 'cut_response', afterBytes: CLIP_BYTES / 2 })
    expect(await storage.get('webdav:front/a.mp4', target, live)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await readdir(join(target, '..'))).toEqual([])
  })

  test('a folder that somebody else makes at the same moment is there, whatever the server says first', async () => {
    faults.spoil('MKCOL', { do: 'status', status: 403, afterBytes: 0 })
    expect(await put()).toMatchObject({ ok: true })
  })

  test('a root that somebody removed meanwhile is made again, and the clip is stored at once', async () => {
    expect(await put()).toMatchObject({ ok: true })
    await rm(join(server.files, root), { recursive: true })
    const before = faults.requests.length
    expect(await put()).toMatchObject({ ok: true })
    // Apache says 409 by itself.
    expect(faults.requests.slice(before).filter(({ method }) => method === 'PUT')).toHaveLength(2)
    expect((await stored()).equals(await readFile(clip))).toBe(true)
  })

  test('deleting never takes a folder, whatever is in it', async () => {
    expect(await put()).toMatchObject({ ok: true })
    expect(await storage.delete('webdav:front', live)).toMatchObject({ ok: true })
    expect(await stored()).toHaveLength(CLIP_BYTES)
  })

  test('after a proven write, health asks without writing; after a failure it writes again', async () => {
    const methods = async () => {
      const before = faults.requests.length
      expect(await storage.ping(live)).toMatchObject({ ok: true })
      return faults.requests
        .slice(before)
        .filter(({ url }) => url.includes('probe'))
        .map(({ method }) => method)
    }
    expect(await methods()).toEqual(['PUT', 'MOVE', 'DELETE'])
    expect(await methods()).toEqual(['HEAD'])
    faults.spoil('PUT', { do: 'status', status: 507, afterBytes: 0 })
    expect(await put()).toMatchObject({ ok: false })
    expect(await methods()).toEqual(['PUT', 'MOVE', 'DELETE'])
    expect(await incoming()).toEqual([])
  })

  test.each([
    [401, 'rejected', 'password_env'],
    [403, 'rejected', 'root'],
    [404, 'invalid', 'url'],
    [405, 'invalid', 'url'],
    [302, 'invalid', 'url'],
  ])('a ping that is answered with %i is %s and names `%s`', async (status, kind, key) => {
    for (const method of ['MKCOL', 'MKCOL', 'PUT'])
      faults.spoil(method, { do: 'status', status, headers: { location: '/elsewhere' }, afterBytes: 0 })
    const pinged = await storage.ping(live)
    expect(pinged).toMatchObject({ ok: false, error: { kind, message: expect.stringContaining(`\`${key}\``) as string } })
  })

  test('who refuses for good is not obeyed when he names a wait', async () => {
    for (const method of ['MKCOL', 'MKCOL'])
      faults.spoil(method, { do: 'status', status: 403, headers: { 'retry-after': '86400' }, afterBytes: 0 })
    const refused = await put()
    expect(refused).toMatchObject({ ok: false, error: { kind: 'rejected' } })
    expect(refused).not.toHaveProperty('error.retryAfterMs')
  })

  test('a wrong password is told by the keys that hold it, and not repeated', async () => {
    await using wrong = await built(
      webdavStorage,
      { url: server.url, ...LOGIN },
      testHost({ env: { USER: 'nobody', PASSWORD: 'c4n4ry-s3cret' } }),
    )
    const pinged = await wrong.ping(live)
    expect(pinged).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringContaining('`password_env`') as string } })
    expect(await wrong.put(clip, 'a.mp4', live)).toMatchObject({ ok: false, error: { kind: 'rejected' } })
    expect(JSON.stringify(pinged)).not.toContain('c4n4ry-s3cret')
  })

  test('a folder that the server may not write to is told as such', async () => {
    await mkdir(join(server.files, 'locked'), { mode: 0o755 })
    await storage[Symbol.asyncDispose]()
    storage = await open({ root: 'locked' })
    const kind = 'rejected'
    expect(await storage.ping(live)).toMatchObject({ ok: false, error: { kind, message: expect.stringContaining('`root`') as string } })
  })

  test('a clip of 200 MB takes less than 40 MB of memory', { timeout: 120_000 }, async () => {
    const module = new URL('./plugin.ts', import.meta.url).href
    await expectLittleMemory({ module, name: 'webdavStorage', config: { url: server.url, root, ...LOGIN }, env })
  })
})
