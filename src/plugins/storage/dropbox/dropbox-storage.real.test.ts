import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { aDropbox, aFile, REFRESHING } from '../../../testkit/dropbox-fixture.ts'
import { storageContract } from '../../../testkit/storage-contract/index.ts'

const live = new AbortController().signal

storageContract('dropbox', async () => {
  const { storage, server } = await aDropbox()
  // The suite closes the storage it gets, perhaps twice; the server behind it goes along.
  const close = storage[Symbol.asyncDispose].bind(storage)
  let serverClosing: Promise<void> | null = null
  const closeBoth = () => close().then(() => (serverClosing ??= server[Symbol.asyncDispose]()))
  return Object.assign(storage, { [Symbol.asyncDispose]: closeBoth })
})

test('an object is stored below the root, and its link is what Dropbox displays', async () => {
  await using dropbox = await aDropbox()
  dropbox.server.account.tree.addFolder('/HomeCam')
  const stored = await dropbox.storage.putBytes(Buffer.from('video'), 'clips/front/a b#1.mp4', live)
  expect(stored).toEqual({
    ok: true,
    value: {
      storage_uri: 'dropbox:/homecam/clips/front/a b#1.mp4',
      view_url: 'https://www.dropbox.com/home/HomeCam/clips/front/a%20b%231.mp4',
    },
  })
})

test('small files go in one request, larger ones in parts, and nobody is notified', async () => {
  await using dropbox = await aDropbox()
  const MiB = 1024 * 1024
  expect(await dropbox.storage.put((await aFile(8 * MiB)).path, 'a/small.mp4', live)).toMatchObject({ ok: true })
  expect(await dropbox.storage.put((await aFile(20 * MiB + 1)).path, 'a/large.mp4', live)).toMatchObject({ ok: true })
  expect(dropbox.server.requests.map(({ route, bytes }) => [route, bytes])).toEqual([
    ['oauth2/token', expect.any(Number)],
    ['files/upload', 8 * MiB],
    ['files/upload_session/start', 8 * MiB],
    ['files/upload_session/append_v2', 8 * MiB],
    ['files/upload_session/finish', 4 * MiB + 1],
  ])
  expect(dropbox.server.seen('files/upload_session/finish')[0]?.argument).toMatchObject({
    commit: { path: '/homecam/a/large.mp4', mode: 'overwrite', autorename: false, mute: true },
  })
})

test.each(['files/upload', 'files/upload_session/finish'])(
  'an object that %s stored damaged does not count, and is taken away',
  async (route) => {
    await using dropbox = await aDropbox()
    const { path, content } = await aFile(route === 'files/upload' ? 100 : 9_000_000)
    dropbox.server.fail(route, { do: 'meanwhile', happens: () => dropbox.server.account.damageNext() })
    const damaged = { ok: false, error: { kind: 'unavailable', message: expect.stringContaining('damaged') as string } }
    expect(await dropbox.storage.put(path, 'a/b.mp4', live)).toMatchObject(damaged)
    expect(dropbox.server.account.tree.files).toEqual([])
    expect(await dropbox.storage.put(path, 'a/b.mp4', live)).toMatchObject({ ok: true })
    expect(dropbox.server.account.tree.files[0]?.bytes.equals(content)).toBe(true)
  },
)

test('a download that breaks off, or arrives damaged, leaves nothing', async () => {
  await using dropbox = await aDropbox()
  const { path } = await aFile(100_000)
  expect(await dropbox.storage.put(path, 'a/b.mp4', live)).toMatchObject({ ok: true })
  dropbox.server.fail('files/download', { do: 'cut_answer' })
  const target = `${path}.back`
  expect(await dropbox.storage.get('dropbox:/homecam/a/b.mp4', target, live)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  const [file] = dropbox.server.account.tree.files
  dropbox.server.account.tree.write('/homecam/a/b.mp4', { bytes: Buffer.alloc(3), size: 3, hash: '0'.repeat(64) })
  expect(file).toBeDefined()
  expect(await dropbox.storage.get('dropbox:/homecam/a/b.mp4', target, live)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(await readdir(dirname(path))).toEqual(['clip.mp4'])
})

test('what the core gives up waiting for is stopped in the middle of a part', async () => {
  await using dropbox = await aDropbox()
  dropbox.server.fail('files/upload_session/start', { do: 'hang' })
  const abort = new AbortController()
  const putting = dropbox.storage.put((await aFile(9_000_000)).path, 'a/b.mp4', abort.signal)
  setTimeout(() => abort.abort(), 50)
  expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('an upload ends with the storage that is closed, before closing is done', async () => {
  await using dropbox = await aDropbox()
  dropbox.server.fail('files/upload_session/append_v2', { do: 'hang' })
  const putting = dropbox.storage.put((await aFile(20_000_000)).path, 'a/b.mp4', live)
  while (dropbox.server.seen('files/upload_session/start').length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  await dropbox.storage[Symbol.asyncDispose]()
  const before = dropbox.server.requests.length
  expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  expect(dropbox.server.requests).toHaveLength(before)
})

test('a film being read stops when its reader gives up', async () => {
  await using dropbox = await aDropbox()
  expect(await dropbox.storage.put((await aFile(9_000_000)).path, 'a/b.mp4', live)).toMatchObject({ ok: true })
  const abort = new AbortController()
  const read = await dropbox.storage.read('dropbox:/homecam/a/b.mp4', null, abort.signal)
  if (!read.ok) throw new Error(read.error.message)
  abort.abort()
  await expect(read.value.stream.toArray()).rejects.toThrow('aborted')
})

test('a folder that takes the place of a file at the last moment is not deleted', async () => {
  await using dropbox = await aDropbox()
  const { tree } = dropbox.server.account
  expect(await dropbox.storage.putBytes(Buffer.from('x'), 'a/b.mp4', live)).toMatchObject({ ok: true })
  const happens = () => {
    tree.remove('/homecam/a/b.mp4')
    tree.addFolder('/homecam/a/b.mp4')
  }
  dropbox.server.fail('files/delete_v2', { do: 'meanwhile', happens })
  expect(await dropbox.storage.delete('dropbox:/homecam/a/b.mp4', live)).toMatchObject({ ok: true })
  expect(tree.find('/homecam/a/b.mp4')?.kind).toBe('folder')
})

test('an address keeps working when the root changes', async () => {
  await using dropbox = await aDropbox()
  dropbox.server.account.tree.write('/former/a.mp4', { bytes: Buffer.from('x'), size: 1, hash: '0'.repeat(64) })
  expect(await dropbox.storage.exists('dropbox:/former/a.mp4', live)).toEqual({ ok: true, value: true })
})

test.each([
  ['a folder', 'a', 'in the way'],
  ['a name that ends in a blank', 'a/b ', 'does not accept this path'],
  ['a name Dropbox keeps for itself', 'a/desktop.ini', 'does not take files of this name'],
  ['a key below an object', 'a/b.mp4/c', 'in the way'],
])('%s cannot be written to, and the owner hears why', async (_what, key, words) => {
  await using dropbox = await aDropbox()
  expect(await dropbox.storage.putBytes(Buffer.from('x'), 'a/b.mp4', live)).toMatchObject({ ok: true })
  const refused = { ok: false, error: { kind: 'invalid', message: expect.stringContaining(words) as string } }
  expect(await dropbox.storage.putBytes(Buffer.from('x'), key, live)).toMatchObject(refused)
})

test('in a template of its own each camera has its place', async () => {
  await using dropbox = await aDropbox({ config: { ...REFRESHING, path_template: 'cameras/{camera_name}/{filename}', root: '/' } })
  expect(await dropbox.storage.putBytes(Buffer.from('x'), 'clips/front/front_1.mp4', live)).toMatchObject({ ok: true })
  expect(dropbox.server.account.tree.files[0]?.display).toBe('/clips/cameras/front/front_1.mp4')
})
