import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { addAbortSignal, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { ok, type Result } from '../../../contracts/result.ts'
import type { CopyProgress, StorageBackend, StoredCopy } from '../../../contracts/storage.ts'
import { twoFolders } from '../../../testkit/mirror-fixture.ts'

const live = new AbortController().signal
const KEY = 'clips/yard/yard_1.mp4'
const ADDRESS = `mirror:${KEY}`
const OWN = `local:${KEY}`

function progress(...copies: StoredCopy[]): CopyProgress & { readonly heard: StoredCopy[] } {
  const heard: StoredCopy[] = []
  return { copies, heard, onCopy: (copy) => void heard.push(copy), onBytes: () => undefined }
}

async function succeeds(work: Promise<Result<unknown, PluginError>>): Promise<void> {
  const done = await work
  if (!done.ok) throw new Error(`${done.error.kind}: ${done.error.message}`)
}

async function readText(storage: StorageBackend, uri: string): Promise<string> {
  const read = await storage.read(uri, null, live)
  if (!read.ok) throw new Error(`${read.error.kind}: ${read.error.message}`)
  return text(read.value.stream)
}

describe('storing', () => {
  test('brings a file to all places, says so of each, and has the first link there is', async () => {
    const { mirror, folders, file } = await twoFolders()
    const copies = progress()
    const stored = await mirror.put(file, KEY, live, copies)
    expect(stored).toEqual({ ok: true, value: { storage_uri: ADDRESS, view_url: `https://usb.lan/${KEY}` } })
    expect(copies.heard.toSorted((a, b) => a.place.localeCompare(b.place))).toEqual([
      { place: 'nas', storage_uri: OWN, view_url: null },
      { place: 'usb', storage_uri: OWN, view_url: `https://usb.lan/${KEY}` },
    ])
    for (const folder of [folders.nas, folders.usb]) expect(await readFile(join(folder, KEY), 'utf8')).toBe('video')
  })

  test('a place that fails undoes nothing elsewhere, is named, and is the only one a later try goes to', async () => {
    const { mirror, parts, file } = await twoFolders()
    parts.usb.fail('unavailable', 'disk full')
    const copies = progress()
    const failed = await mirror.put(file, KEY, live, copies)
    expect(failed).toMatchObject({ ok: false, error: { kind: 'unavailable', message: 'usb: disk full' } })
    expect(copies.heard.map(({ place }) => place)).toEqual(['nas'])

    parts.usb.fails = null
    expect(await mirror.put(file, KEY, live, progress(...copies.heard))).toMatchObject({ ok: true, value: { storage_uri: ADDRESS } })
    expect([parts.nas.calls, parts.usb.calls]).toEqual([[`put ${KEY}`], [`put ${KEY}`, `put ${KEY}`]])
  })

  test('a place that hangs keeps nobody from hearing of the copy that is there', async () => {
    const { mirror, parts, file } = await twoFolders()
    parts.usb.fails = 'hang'
    const stop = new AbortController()
    const copies = progress()
    const putting = mirror.put(file, KEY, stop.signal, copies)
    await expect.poll(() => copies.heard.map(({ place }) => place)).toEqual(['nas'])
    stop.abort()
    expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test('a place that hung is left alone for a minute, then tried by one upload at a time, and is back with the first answer', async () => {
    const { mirror, parts, clock, file } = await twoFolders({ answerMs: 400 })
    parts.usb.fails = 'hang'
    expect(await mirror.ping(live)).toMatchObject({ ok: false, error: { message: expect.stringContaining('usb: ') as string } })
    const put = () => mirror.put(file, KEY, live)
    expect(await put()).toMatchObject({ ok: false, error: { kind: 'timeout' } })
    expect(parts.usb.calls).toEqual(['ping'])

    await clock.advance(61_000)
    parts.usb.fails = null
    const [first, second] = await Promise.all([put(), put()])
    expect([first.ok, second.ok]).toEqual([true, false])
    expect(await put()).toMatchObject({ ok: true })
  })

  test('a place that asked to be left alone is, while the others are served', async () => {
    const { mirror, parts, clock, file } = await twoFolders()
    parts.usb.fails = { ...pluginError('unavailable', 'busy'), retryAfterMs: 30_000 }
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: false, error: { retryAfterMs: 30_000 } })
    parts.usb.fails = null
    await clock.advance(10_000)
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: false, error: { kind: 'unavailable', retryAfterMs: 20_000 } })
    expect(parts.usb.calls).toHaveLength(1)
    await clock.advance(20_000)
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: true })
  })

  test('a place that asks for a month is tried again after an hour', async () => {
    const { mirror, parts, clock, file } = await twoFolders()
    parts.usb.fails = { ...pluginError('unavailable', 'busy'), retryAfterMs: 30 * 24 * 60 * 60 * 1000 }
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: false })
    parts.usb.fails = null
    await clock.advance(59 * 60_000)
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: false, error: { retryAfterMs: 60_000 } })
    await clock.advance(60_000)
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: true })
  })

  test('a place that refuses for good is asked each time, whatever wait it names', async () => {
    const { mirror, parts, file } = await twoFolders()
    parts.usb.fails = { ...pluginError('rejected', 'wrong key'), retryAfterMs: 30_000 }
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: false, error: { kind: 'rejected' } })
    parts.usb.fails = null
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: true })
  })

  test('a place that is full is named and retryable, and takes the clip once there is room', async () => {
    const { mirror, folders, parts, file } = await twoFolders()
    parts.usb.fail('unavailable', 'the server is full: free some space or raise the quota')
    const copies = progress()
    expect(await mirror.put(file, KEY, live, copies)).toMatchObject({
      ok: false,
      error: { kind: 'unavailable', message: 'usb: the server is full: free some space or raise the quota' },
    })
    expect(existsSync(join(folders.usb, KEY))).toBe(false)
    expect(await readText(mirror, ADDRESS)).toBe('video')
    parts.usb.fails = null
    expect(await mirror.put(file, KEY, live, progress(...copies.heard))).toMatchObject({ ok: true })
    expect(await readFile(join(folders.usb, KEY), 'utf8')).toBe('video')
  })
})

describe('reading', () => {
  test('asks the first place, the next one if it is down or lost the object, and says so if it may be elsewhere', async () => {
    const { mirror, parts, file } = await twoFolders()
    await succeeds(mirror.put(file, KEY, live))
    expect(await readText(mirror, ADDRESS)).toBe('video')
    expect(parts.usb.calls).toEqual([`put ${KEY}`])

    parts.nas.fail('unavailable')
    expect(await readText(mirror, ADDRESS)).toBe('video')
    expect(await mirror.exists(ADDRESS, live)).toEqual({ ok: true, value: true })

    parts.nas.fails = null
    await succeeds(parts.nas.delete(OWN, live))
    expect(await readText(mirror, ADDRESS)).toBe('video')
    const target = join(await mkdtemp(join(tmpdir(), 'homesec-mirror-')), 'a.mp4')
    expect(await mirror.get(ADDRESS, target, live)).toMatchObject({ ok: true })

    parts.usb.fail('rejected', 'wrong password')
    const unknown = { ok: false, error: { kind: 'unavailable', message: expect.stringContaining('wrong password') as string } }
    expect(await mirror.read(ADDRESS, null, live)).toMatchObject(unknown)
    expect(await mirror.exists(ADDRESS, live)).toMatchObject(unknown)
    parts.usb.fails = null
    await succeeds(parts.usb.delete(OWN, live))
    expect(await mirror.read(ADDRESS, null, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(await mirror.exists(ADDRESS, live)).toEqual({ ok: true, value: false })
  })

  test('passes over a place that gives no answer, and asks it last from then on', async () => {
    const { mirror, parts, file } = await twoFolders({ answerMs: 3000 })
    await succeeds(mirror.put(file, KEY, live))
    parts.nas.fails = 'hang'
    expect(await readText(mirror, ADDRESS)).toBe('video')
    const asked = parts.nas.calls.length
    expect(await readText(mirror, ADDRESS)).toBe('video')
    expect(parts.nas.calls).toHaveLength(asked)
  })

  test('a stream that comes after its time is closed, and its errors reach nobody', async () => {
    const { mirror, parts, file } = await twoFolders({ answerMs: 3000 })
    await succeeds(mirror.put(file, KEY, live))
    const late: Readable[] = []
    parts.nas.read = async (_uri, _range, signal) => {
      await once(signal, 'abort')
      const stream = addAbortSignal(signal, new Readable({ read: () => undefined }))
      late.push(stream)
      return ok({ stream, size: 5 })
    }
    expect(await readText(mirror, ADDRESS)).toBe('video')
    expect(late.map(({ destroyed }) => destroyed)).toEqual([true])
  })

  test('a viewer who leaves before the first byte does not make the place a silent one', async () => {
    const { mirror, parts, file } = await twoFolders()
    await succeeds(mirror.put(file, KEY, live))
    parts.nas.fails = 'hang'
    const viewer = new AbortController()
    const reading = mirror.read(ADDRESS, null, viewer.signal)
    viewer.abort()
    expect(await reading).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    parts.nas.fails = null
    expect(await mirror.put(file, KEY, live)).toMatchObject({ ok: true })
  })

  test('a clip from before the mirror is read and deleted where it is', async () => {
    const { mirror, parts, folders, file } = await twoFolders()
    await succeeds(parts.usb.put(file, KEY, live))
    expect(await readText(mirror, OWN)).toBe('video')
    expect(await mirror.delete(OWN, live)).toMatchObject({ ok: true })
    expect(existsSync(join(folders.usb, KEY))).toBe(false)
    expect(await mirror.delete('s3:bucket/a.mp4', live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

describe('deleting', () => {
  test('deletes in all places, and is not done while one of them is down', async () => {
    const { mirror, parts, folders, file } = await twoFolders()
    await succeeds(mirror.put(file, KEY, live))
    parts.nas.fail('unavailable', 'gone')
    expect(await mirror.delete(ADDRESS, live)).toMatchObject({ ok: false, error: { kind: 'unavailable', message: 'nas: gone' } })
    expect([folders.nas, folders.usb].map((folder) => existsSync(join(folder, KEY)))).toEqual([true, false])
    parts.nas.fails = null
    expect(await mirror.delete(ADDRESS, live)).toMatchObject({ ok: true })
    expect(existsSync(join(folders.nas, KEY))).toBe(false)
  })

  test('a place deletes its own copy only, by its own address or the shared one', async () => {
    const { mirror, folders, file } = await twoFolders()
    await succeeds(mirror.put(file, KEY, live))
    const usb = mirror.places?.find(({ name }) => name === 'usb')
    expect(usb?.scheme).toBe('local:')
    expect(await usb?.delete(ADDRESS, live)).toMatchObject({ ok: true })
    expect([folders.nas, folders.usb].map((folder) => existsSync(join(folder, KEY)))).toEqual([true, false])
    expect(await readText(mirror, ADDRESS)).toBe('video')
  })
})

test('a place that cannot be built is down with its reason, and the others work', async () => {
  const { mirror, file } = await twoFolders({ broken: true })
  const copies = progress()
  const down = { ok: false, error: { kind: 'rejected', message: 'usb: no such device' } }
  expect(await mirror.put(file, KEY, live, copies)).toMatchObject(down)
  expect(copies.heard.map(({ place }) => place)).toEqual(['nas'])
  expect(await mirror.ping(live)).toMatchObject(down)
  expect(await mirror.delete(ADDRESS, live)).toMatchObject(down)
  expect(await mirror.put(file, KEY, live, copies)).toMatchObject(down)
  expect(await readText(mirror, ADDRESS)).toBe('video')
})

test('closing cancels a put that hangs in one place, waits for the others, and hears of no copy afterwards', async () => {
  const { mirror, parts, folders, file } = await twoFolders()
  await succeeds(mirror.put(file, 'clips/yard/yard_0.mp4', live))
  await writeFile(file, Buffer.alloc(16 * 1024 * 1024))
  parts.nas.fails = 'hang'
  const copies = progress()
  const putting = mirror.put(file, KEY, live, copies)
  await expect.poll(() => readdir(join(folders.usb, '.homesec-incoming')), { interval: 1 }).toHaveLength(1)
  await mirror[Symbol.asyncDispose]()
  const heard = [...copies.heard]
  expect(await readdir(join(folders.usb, '.homesec-incoming'))).toEqual([])
  expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  expect(copies.heard).toEqual(heard)
})
