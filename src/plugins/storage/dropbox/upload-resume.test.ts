import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aDropbox, aFile, type DropboxFixture } from '../../../testkit/dropbox-fixture.ts'
import type { Fault } from '../../../testkit/dropbox-server.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'

const live = new AbortController().signal
/** Small parts, so that what is tested is the order of things and not the speed of the machine. */
const PART = 64 * 1024
const KEY = 'clips/front/front_1.mp4'
const PATH = `/homecam/${KEY}`
const START = 'files/upload_session/start'
const APPEND = 'files/upload_session/append_v2'
const FINISH = 'files/upload_session/finish'
/** Four parts: one each that starts and finishes, and two in between. */
const BYTES = 3 * PART + 1
const { path, content } = await aFile(BYTES)
const UNAVAILABLE = { ok: false, error: { kind: 'unavailable' } }

const unfinished = ({ host }: DropboxFixture) => readdir(join(host.dirs.state, 'uploads')).catch(() => [])
const storedBytes = ({ server }: DropboxFixture) => server.account.tree.files.map(({ bytes }) => bytes)

/** A request that was sent over a connection kept from before is repeated once; the first of all was not. */
const enough = (route: string, fault: Fault): Fault[] => (route === START ? [fault] : [fault, fault])

describe('the connection is cut at each part', () => {
  const points = [
    [START, 0],
    [APPEND, 0],
    [APPEND, 1],
    [FINISH, 0],
  ] as const
  const whens = ['before_body', 'in_body', 'after_taken'] as const

  test.each(points.flatMap(([route, before]) => whens.map((when) => [route, before, when] as const)))(
    '%s after %i, %s: the next try goes on, in the same process or another',
    async (route, before, when) => {
      await using dropbox = await aDropbox({ partBytes: PART })
      const serve = Array.from({ length: before }, (): Fault => ({ do: 'serve' }))
      dropbox.server.fail(route, ...serve, ...enough(route, { do: 'cut', when }))
      expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(UNAVAILABLE)
      expect(storedBytes(dropbox)).toHaveLength(route === FINISH && when === 'after_taken' ? 1 : 0)

      const tries = dropbox.server.requests.length
      const storage = before === 1 || route === FINISH ? await dropbox.restarted() : dropbox.storage
      expect(await storage.put(path, KEY, live)).toMatchObject({ ok: true, value: { storage_uri: `dropbox:${PATH}` } })
      expect(storedBytes(dropbox)[0]?.equals(content)).toBe(true)
      expect(await unfinished(dropbox)).toEqual([])

      const sentAgain = dropbox.server.requests.slice(tries).filter(({ status }) => status === 200)
      const bytesAgain = sentAgain.reduce((sum, { bytes }) => sum + bytes, 0)
      const taken = route === START ? 0 : (1 + before) * PART + (route === FINISH ? 2 * PART : 0)
      expect(bytesAgain).toBeLessThanOrEqual(BYTES - taken + 1000)
    },
  )
})

test('a part that was taken, though its answer got lost, is not sent again', async () => {
  await using dropbox = await aDropbox({ partBytes: PART })
  dropbox.server.fail(APPEND, { do: 'cut', when: 'after_taken' })
  // The connection is one kept from the start, so the repetition meets `incorrect_offset`, and the upload goes on from there.
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: true })
  expect(dropbox.server.seen(APPEND).map(({ status }) => status)).toEqual([null, 409, 200])
  expect(storedBytes(dropbox)[0]?.equals(content)).toBe(true)
})

test.each([500, 502, 503])('a %i in the middle costs nothing but that part', async (status) => {
  await using dropbox = await aDropbox({ partBytes: PART })
  dropbox.server.fail(APPEND, { do: 'serve' }, { do: 'status', status, retryAfter: '9' })
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: false, error: { kind: 'unavailable', retryAfterMs: 9000 } })
  expect(await (await dropbox.restarted()).put(path, KEY, live)).toMatchObject({ ok: true })
  expect(dropbox.server.seen(START)).toHaveLength(1)
  expect(dropbox.server.seen(APPEND).map((seen) => seen.status)).toEqual([200, status, 200])
})

test('a finish that was served though nobody heard of it is recognised by the hash, without sending anything again', async () => {
  await using dropbox = await aDropbox({ partBytes: PART })
  dropbox.server.fail(FINISH, ...enough(FINISH, { do: 'cut', when: 'after_taken' }))
  dropbox.server.fail('files/get_metadata', { do: 'status', status: 500 })
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(UNAVAILABLE)
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(UNAVAILABLE)
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: true })
  expect(dropbox.server.seen(START)).toHaveLength(1)
  expect(dropbox.server.seen(APPEND)).toHaveLength(2)
  expect(await unfinished(dropbox)).toEqual([])
})

test('a session that has expired is begun anew', async () => {
  const clock = new FakeClock()
  await using dropbox = await aDropbox({ partBytes: PART, clock, host: { clock } })
  dropbox.server.fail(APPEND, { do: 'status', status: 500 })
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(UNAVAILABLE)
  await clock.advance(8 * 24 * 3600 * 1000)
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: true })
  expect(dropbox.server.seen(START)).toHaveLength(2)
  expect(storedBytes(dropbox)[0]?.equals(content)).toBe(true)
})

test('a session that Dropbox has lost before its time is begun anew', async () => {
  await using dropbox = await aDropbox({ partBytes: PART })
  const happens = () => dropbox.server.account.sessions.all.forEach((session) => (session.committed = true))
  dropbox.server.fail(APPEND, { do: 'meanwhile', happens })
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: true })
  expect(dropbox.server.seen(START)).toHaveLength(2)
  expect(storedBytes(dropbox)[0]?.equals(content)).toBe(true)
})

test('another file for the same key never goes on with the parts of the one before', async () => {
  await using dropbox = await aDropbox({ partBytes: PART })
  const second = await aFile(BYTES)
  dropbox.server.fail(APPEND, { do: 'status', status: 500 })
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(UNAVAILABLE)
  expect(await dropbox.storage.put(second.path, KEY, live)).toMatchObject({ ok: true })
  expect(storedBytes(dropbox)[0]?.equals(second.content)).toBe(true)
})

test('notes of an upload that cannot be read cost a new beginning, no more', async () => {
  await using dropbox = await aDropbox({ partBytes: PART })
  dropbox.server.fail(APPEND, { do: 'status', status: 500 })
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(UNAVAILABLE)
  const folder = join(dropbox.host.dirs.state, 'uploads')
  for (const name of await readdir(folder)) await writeFile(join(folder, name), '{"half":')
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: true })
})

test('an account that is full says so, keeps what it has, and goes on once there is room', async () => {
  await using dropbox = await aDropbox({ partBytes: PART })
  dropbox.server.account.otherBytes = dropbox.server.account.allocatedBytes - PART
  const full = { ok: false, error: { kind: 'unavailable', message: expect.stringContaining('full') as string } }
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject(full)
  expect(await dropbox.storage.putBytes(Buffer.alloc(2 * PART), 'a/b.jpg', live)).toMatchObject(full)
  expect(dropbox.server.account.tree.files).toEqual([])

  dropbox.server.account.otherBytes = 0
  expect(await dropbox.storage.put(path, KEY, live)).toMatchObject({ ok: true })
  expect(dropbox.server.seen(START)).toHaveLength(1)
  expect(dropbox.server.seen(APPEND)).toHaveLength(2)
})
