import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PluginHost } from '../../../contracts/plugin.ts'
import type { StorageBackend } from '../../../contracts/storage.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { storageContract } from '../../../testkit/storage-contract/index.ts'
import { localStorage } from './plugin.ts'

const live = new AbortController().signal
const MARKER = '.homesec-storage.json'

storageContract('local', () => open({}, testHost()), { mayClone: true })

async function open(config: object, host: PluginHost): Promise<StorageBackend> {
  const loaded = await localStorage.load(config, host)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  return loaded.value
}

async function disk(): Promise<{ root: string; host: PluginHost; storage: StorageBackend }> {
  const root = join(await mkdtemp(join(tmpdir(), 'homesec-disk-')), 'mount')
  const host = testHost()
  return { root, host, storage: await open({ root }, host) }
}

/** Stores and insists that it worked. */
async function mustPut(storage: StorageBackend, key: string): Promise<void> {
  expect(await put(storage, key)).toMatchObject({ ok: true })
}

const put = (storage: StorageBackend, key: string) => storage.putBytes(Buffer.from('video'), key, live)

test('the address is the key, so it survives a move of the folder', async () => {
  const { root, storage } = await disk()
  expect(await put(storage, 'front/a.mp4')).toEqual({ ok: true, value: { storage_uri: 'local:front/a.mp4', view_url: null } })
  await rename(root, `${root}-moved`)
  const moved = await open({ root: `${root}-moved` }, testHost())
  expect(await moved.exists('local:front/a.mp4', live)).toEqual({ ok: true, value: true })
})

test('without a root, clips go to `storage` in the data folder; a relative root starts there', async () => {
  const host = testHost()
  await mustPut(await open({}, host), 'a.mp4')
  await mustPut(await open({ root: 'elsewhere' }, host), 'b.mp4')
  expect(await readdir(join(host.dirs.data, 'storage'))).toContain('a.mp4')
  expect(await readdir(join(host.dirs.data, 'elsewhere'))).toContain('b.mp4')
})

test('a view link is the prefix and the key, encoded', async () => {
  const storage = await open({ view_url_prefix: 'https://nas.lan/clips/' }, testHost())
  expect(await put(storage, 'front/a b#1.mp4')).toMatchObject({ value: { view_url: 'https://nas.lan/clips/front/a%20b%231.mp4' } })
})

test('a known root that has lost its marker takes nothing, since its disk is not mounted', async () => {
  const { root, storage } = await disk()
  await mustPut(storage, 'a.mp4')
  await rename(root, `${root}-unplugged`)
  await mkdir(root)

  const refused = { ok: false, error: { kind: 'unavailable', message: expect.stringContaining('is its disk mounted?') as string } }
  expect(await put(storage, 'b.mp4')).toMatchObject(refused)
  expect(await storage.exists('local:a.mp4', live)).toMatchObject(refused)
  expect(await storage.delete('local:a.mp4', live)).toMatchObject(refused)
  expect(await storage.ping(live)).toMatchObject(refused)
  expect(await readdir(root)).toEqual([])

  await rm(root, { recursive: true })
  await rename(`${root}-unplugged`, root)
  expect(await put(storage, 'b.mp4')).toMatchObject({ ok: true })
})

test('the root is remembered across a restart, even when its folder is gone altogether', async () => {
  const { root, host, storage } = await disk()
  await mustPut(storage, 'a.mp4')
  await rm(root, { recursive: true })
  const restarted = await open({ root }, host)
  expect(await put(restarted, 'b.mp4')).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  await expect(readdir(root)).rejects.toThrow('ENOENT')
})

test('a folder with foreign files is refused until the owner adopts it with an empty marker', async () => {
  const { root, storage } = await disk()
  await mkdir(root)
  await writeFile(join(root, 'holiday.jpg'), 'x')
  expect(await put(storage, 'a.mp4')).toMatchObject({ ok: false, error: { kind: 'rejected' } })
  await writeFile(join(root, MARKER), '')
  expect(await put(storage, 'a.mp4')).toMatchObject({ ok: true })
  expect(JSON.parse(await readFile(join(root, MARKER), 'utf8'))).toMatchObject({ id: expect.any(String) as string })
})

test('a fresh disk, which has only lost+found, is empty', async () => {
  const { root, storage } = await disk()
  await mkdir(join(root, 'lost+found'), { recursive: true })
  expect(await put(storage, 'a.mp4')).toMatchObject({ ok: true })
})

test('another marked disk in the same place is taken, with a warning', async () => {
  const log = memoryLogger()
  const { root, host, storage } = await disk()
  await mustPut(storage, 'a.mp4')
  const other = await disk()
  await mustPut(other.storage, 'a.mp4')
  await rm(root, { recursive: true })
  await rename(other.root, root)

  const restarted = await open({ root }, { ...host, log })
  expect(await put(restarted, 'b.mp4')).toMatchObject({ ok: true })
  expect(await put(restarted, 'c.mp4')).toMatchObject({ ok: true })
  expect(log.lines.map((line) => line.fields['event_type'])).toEqual(['storage_exchanged'])
})

test('a link in the folder cannot lead out of it', async () => {
  const { root, storage } = await disk()
  await mustPut(storage, 'a.mp4')
  const outside = await mkdtemp(join(tmpdir(), 'homesec-outside-'))
  await writeFile(join(outside, 'secret.txt'), 'secret')
  await symlink(outside, join(root, 'link'))
  await symlink(join(outside, 'secret.txt'), join(root, 'secret.mp4'))

  const invalid = { ok: false, error: { kind: 'invalid' } }
  expect(await put(storage, 'link/new/b.mp4')).toMatchObject(invalid)
  expect(await storage.read('local:link/secret.txt', null, live)).toMatchObject(invalid)
  expect(await storage.read('local:secret.mp4', null, live)).toMatchObject(invalid)
  expect(await storage.delete('local:link/secret.txt', live)).toMatchObject(invalid)
  expect(await readdir(outside)).toEqual(['secret.txt'])
})

test('an object cannot replace a folder, and the failed try leaves no part behind', async () => {
  const { root, storage } = await disk()
  await mustPut(storage, 'front/a.mp4')
  expect(await put(storage, 'front')).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  expect(await readdir(join(root, '.homesec-incoming'))).toEqual([])
  expect(await storage.exists('local:front/a.mp4', live)).toEqual({ ok: true, value: true })
})

test('nothing but the objects is left behind, and old parts of a killed process are swept', async () => {
  const { root, host, storage } = await disk()
  await mustPut(storage, 'a.mp4')
  await storage.put('/nowhere.mp4', 'b.mp4', live).then((stored) => expect(stored.ok).toBe(false))
  await storage.ping(live).then((answer) => expect(answer.ok).toBe(true))
  const incoming = join(root, '.homesec-incoming')
  expect(await readdir(incoming)).toEqual([])

  await writeFile(join(incoming, 'old'), 'half')
  await utimes(join(incoming, 'old'), new Date('2020-01-01'), new Date('2020-01-01'))
  await writeFile(join(incoming, 'young'), 'half')
  await mustPut(await open({ root }, host), 'c.mp4')
  expect(await readdir(incoming)).toEqual(['young'])
  expect((await readdir(root)).sort()).toEqual(['.homesec-incoming', MARKER, 'a.mp4', 'c.mp4'])
})

test.each([
  { root: '~/clips' },
  { root: '' },
  { view_url_prefix: 'ftp://x' },
  { view_url_prefix: 'nas' },
  { view_url_prefix: 'https://me:pass@nas' },
  { view_url_prefix: 'https://me@nas' },
  { rot: '/x' },
])('the config %j is refused', (config) => {
  expect(localStorage.problems(config, configNames())).toHaveLength(1)
})

test('closing waits for what is being written: then no part is left, and nothing more comes', async () => {
  const { root, storage } = await disk()
  await mustPut(storage, 'front/a.mp4')
  const file = join(await mkdtemp(join(tmpdir(), 'homesec-disk-')), 'big.mp4')
  await writeFile(file, Buffer.alloc(16 * 1024 * 1024))
  const putting = storage.put(file, 'front/big.mp4', live)
  await expect.poll(() => readdir(join(root, '.homesec-incoming')), { interval: 1 }).toHaveLength(1)
  await storage[Symbol.asyncDispose]()
  const atOnce = (await readdir(root, { recursive: true })).sort()
  const answer = await putting
  expect(atOnce).toEqual([MARKER, '.homesec-incoming', 'front', 'front/a.mp4', ...(answer.ok ? ['front/big.mp4'] : [])].sort())
  expect((await readdir(root, { recursive: true })).sort()).toEqual(atOnce)
})
