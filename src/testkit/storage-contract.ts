import { setMaxListeners } from 'node:events'
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { StorageBackend } from '../contracts/storage.ts'

const live = new AbortController().signal
// One signal for all operations at once, as at shutdown.
setMaxListeners(0, live)
const REFUSED_KEYS = ['', '/', '///', '/etc/passwd', '..', '../x', 'a/../../x', 'a\\b', 'a\0b', 'x'.repeat(513)]
const BIG_BYTES = 8 * 1024 * 1024

export interface StorageTraits {
  /** A file system may have a file at once, as a clone, and then there is nothing to tell on the way. */
  readonly mayClone?: boolean
}

/** Every storage backend runs this; a new one starts by making it pass. `create` gives an empty one each time. */
export function storageContract(name: string, create: () => Promise<StorageBackend>, { mayClone = false }: StorageTraits = {}): void {
  describe(`storage contract: ${name}`, () => {
    describe('storing', () => {
      testRoundTrip(create)
      testProgress(create, mayClone ? 1 : 2)
      testReplacing(create)
    })
    describe('reading', () => testReading(create))
    describe('exists and delete', () => testExistence(create))
    describe('refusals', () => testRefusals(create))
    describe('cancelling', () => testCancelling(create))
    describe('closing', () => testClosing(create))
  })
}

type Create = () => Promise<StorageBackend>

function testRoundTrip(create: Create): void {
  test('what was put comes back byte for byte', async () => {
    await using storage = await create()
    const bytes = Buffer.from([0, 1, 2, 255, 10, 13])
    const uri = await putFile(storage, bytes, 'clips/front/front_1.mp4')
    expect(await getBack(storage, uri)).toEqual(bytes)
  })

  test('an object larger than any buffer comes back whole', async () => {
    await using storage = await create()
    const bytes = Buffer.alloc(BIG_BYTES, 'pattern-')
    const uri = await putFile(storage, bytes, 'clips/front/big.mp4')
    expect((await getBack(storage, uri)).equals(bytes)).toBe(true)
  })

  test('an empty object is an object', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.alloc(0), 'artifacts/empty.json')
    expect(await getBack(storage, uri)).toHaveLength(0)
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: true })
  })

  test('bytes are stored like files', async () => {
    await using storage = await create()
    const stored = await storage.putBytes(Buffer.from('{"risk_level":"low"}'), 'artifacts/front_1/analysis.json', live)
    expect(stored).toMatchObject({ ok: true })
    expect((await getBack(storage, uriOf(stored))).toString()).toBe('{"risk_level":"low"}')
  })

  test.each(['Übersicht/猫 1.mp4', 'a b/c&d=e?f#g.mp4', 'a/100%25.mp4', 'a..b/..c/d..mp4'])('%j is a good key', async (key) => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from(key), key)
    expect((await getBack(storage, uri)).toString()).toBe(key)
  })

  test('get creates the folders above its target and leaves nothing else in them', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('video'), 'a.mp4')
    const folder = join(await freshFolder(), 'not', 'yet', 'there')
    expect(await storage.get(uri, join(folder, 'a.mp4'), live)).toMatchObject({ ok: true })
    expect(await readdir(folder)).toEqual(['a.mp4'])
  })
}

function testProgress(create: Create, leastReports: number): void {
  test('tells of the bytes of a file, each once, as the storage takes them', async () => {
    await using storage = await create()
    const file = join(await freshFolder(), 'source.bin')
    await writeFile(file, Buffer.alloc(BIG_BYTES + 1))
    const told: number[] = []
    const progress = { onBytes: (bytes: number) => void told.push(bytes), copies: [], onCopy: () => undefined }
    expect(await storage.put(file, 'a.mp4', live, progress)).toMatchObject({ ok: true })
    const copies = storage.places?.length ?? 1
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(copies * (BIG_BYTES + 1))
    expect(told.length).toBeGreaterThanOrEqual(copies * leastReports)
  })
}

function testReplacing(create: Create): void {
  test('putting twice gives the same address, and the second content', async () => {
    await using storage = await create()
    const first = await putFile(storage, Buffer.from('first, and longer'), 'a/b.mp4')
    const second = await putFile(storage, Buffer.from('second'), 'a/b.mp4')
    expect(second).toBe(first)
    expect((await getBack(storage, first)).toString()).toBe('second')
  })

  test('putting the same key many times at once leaves exactly one of the contents, whole', async () => {
    await using storage = await create()
    const contents = Array.from({ length: 8 }, (_, n) => Buffer.alloc(200_000, String(n)))
    const uris = await Promise.all(contents.map((bytes) => putFile(storage, bytes, 'a/same.mp4')))
    expect(new Set(uris).size).toBe(1)
    const kept = await getBack(storage, uris[0]!)
    expect(contents.some((bytes) => bytes.equals(kept))).toBe(true)
  })

  test('its address is known before it is stored', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('video'), 'a/b.mp4')
    expect(storage.locate('a/b.mp4')).toEqual({ ok: true, value: uri })
    expect(storage.locate('../b.mp4')).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test('many different keys at once all arrive', async () => {
    await using storage = await create()
    const uris = await Promise.all(
      Array.from({ length: 20 }, (_, n) => putFile(storage, Buffer.from(`clip ${n}`), `cam_${n % 3}/clip_${n}.mp4`)),
    )
    const back = await Promise.all(uris.map(async (uri) => (await getBack(storage, uri)).toString()))
    expect(back).toEqual(Array.from({ length: 20 }, (_, n) => `clip ${n}`))
  })

  test('a reader sees the old object or the new one, never a part', async () => {
    await using storage = await create()
    const oldBytes = Buffer.alloc(BIG_BYTES, 'old-')
    const newBytes = Buffer.alloc(BIG_BYTES, 'new-')
    const uri = await putFile(storage, oldBytes, 'a/swap.mp4')
    const replacing = putFile(storage, newBytes, 'a/swap.mp4')
    const seen = await Promise.all(Array.from({ length: 4 }, () => readAll(storage, uri)))
    await replacing
    expect(seen.every((bytes) => bytes.equals(oldBytes) || bytes.equals(newBytes))).toBe(true)
  })
}

function testReading(create: Create): void {
  test('the whole object, with its size', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('0123456789'), 'a.mp4')
    const read = await storage.read(uri, null, live)
    if (!read.ok) throw new Error(read.error.message)
    expect(read.value.size).toBe(10)
    expect((await collect(read.value.stream)).toString()).toBe('0123456789')
  })

  test.each([
    [0, 0, '0'],
    [2, 4, '234'],
    [9, 9, '9'],
    [5, 500, '56789'],
  ])('bytes %i to %i, both included, with the size of the whole', async (start, end, expected) => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('0123456789'), 'a.mp4')
    const read = await storage.read(uri, { start, end }, live)
    if (!read.ok) throw new Error(read.error.message)
    expect(read.value.size).toBe(10)
    expect((await collect(read.value.stream)).toString()).toBe(expected)
  })

  test.each([
    [10, 10],
    [11, 20],
    [4, 2],
    [-1, 2],
  ])('a range from %i to %i is invalid in an object of ten bytes', async (start, end) => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('0123456789'), 'a.mp4')
    expect(await storage.read(uri, { start, end }, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test('a stream may be destroyed half way', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.alloc(BIG_BYTES), 'a.mp4')
    const read = await storage.read(uri, null, live)
    if (!read.ok) throw new Error(read.error.message)
    for await (const _chunk of read.value.stream) break
    expect(read.value.stream.destroyed).toBe(true)
    expect(await readAll(storage, uri)).toHaveLength(BIG_BYTES)
  })

  test('an object that is not there is invalid', async () => {
    await using storage = await create()
    const uri = await deletedObject(storage)
    expect(await storage.read(uri, null, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    const target = join(await freshFolder(), 'x.mp4')
    expect(await storage.get(uri, target, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    await expect(readFile(target)).rejects.toThrow('ENOENT')
  })
}

function testExistence(create: Create): void {
  test('exists follows put and delete', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('video'), 'a/b.mp4')
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: true })
    expect(await storage.delete(uri, live)).toMatchObject({ ok: true })
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: false })
  })

  test('deleting what is not there is success', async () => {
    await using storage = await create()
    const uri = await deletedObject(storage)
    expect(await storage.delete(uri, live)).toMatchObject({ ok: true })
  })

  test('the folder of an object is no object', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('video'), 'a/b.mp4')
    const folder = uri.replace('/b.mp4', '')
    expect(await storage.exists(folder, live)).toEqual({ ok: true, value: false })
    expect(await storage.delete(folder, live)).toMatchObject({ ok: true })
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: true })
  })

  test('a ping succeeds and leaves no object', async () => {
    await using storage = await create()
    expect(await storage.ping(live)).toMatchObject({ ok: true })
    expect(await storage.ping(live)).toMatchObject({ ok: true })
  })
}

function testRefusals(create: Create): void {
  test.each(REFUSED_KEYS)('the key %j is invalid', async (key) => {
    await using storage = await create()
    const file = join(await freshFolder(), 'a.mp4')
    await writeFile(file, 'video')
    expect(await storage.put(file, key, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(await storage.putBytes(Buffer.from('x'), key, live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test.each(['elsewhere:/a.mp4', 'a.mp4', '', 'file:///etc/passwd'])('the foreign address %j is invalid', async (uri) => {
    await using storage = await create()
    const invalid = { ok: false, error: { kind: 'invalid' } }
    expect(await storage.get(uri, join(await freshFolder(), 'x'), live)).toMatchObject(invalid)
    expect(await storage.read(uri, null, live)).toMatchObject(invalid)
    expect(await storage.exists(uri, live)).toMatchObject(invalid)
    expect(await storage.delete(uri, live)).toMatchObject(invalid)
  })

  test('a source file that is gone is invalid, and stores nothing', async () => {
    await using storage = await create()
    const uri = await deletedObject(storage, 'a/gone.mp4')
    expect(await storage.put('/nowhere/clip.mp4', 'a/gone.mp4', live)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: false })
  })
}

function testCancelling(create: Create): void {
  test('an aborted signal cancels every method', async () => {
    await using storage = await create()
    const uri = await putFile(storage, Buffer.from('video'), 'a.mp4')
    const aborted = AbortSignal.abort()
    const cancelled = { ok: false, error: { kind: 'cancelled' } }
    expect(await storage.put('/nowhere', 'b.mp4', aborted)).toMatchObject(cancelled)
    expect(await storage.putBytes(Buffer.from('x'), 'b.mp4', aborted)).toMatchObject(cancelled)
    expect(await storage.get(uri, join(await freshFolder(), 'x'), aborted)).toMatchObject(cancelled)
    expect(await storage.read(uri, null, aborted)).toMatchObject(cancelled)
    expect(await storage.exists(uri, aborted)).toMatchObject(cancelled)
    expect(await storage.delete(uri, aborted)).toMatchObject(cancelled)
    expect(await storage.ping(aborted)).toMatchObject(cancelled)
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: true })
  })

  test('a put that is aborted under way leaves no half object', async () => {
    await using storage = await create()
    const uri = await deletedObject(storage, 'a/cut.mp4')
    const file = join(await freshFolder(), 'big.mp4')
    await writeFile(file, Buffer.alloc(BIG_BYTES * 4))
    const abort = new AbortController()
    const putting = storage.put(file, 'a/cut.mp4', abort.signal)
    setImmediate(() => abort.abort())
    const put = await putting
    if (!put.ok) expect(put.error.kind).toBe('cancelled')
    expect(await storage.exists(uri, live)).toEqual({ ok: true, value: put.ok })
  })

  test('disposing twice is fine, and a closed storage stores nothing', async () => {
    const storage = await create()
    await storage[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
    expect(await storage.putBytes(Buffer.from('x'), 'a.mp4', live)).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })
}

function testClosing(create: Create): void {
  test('closing ends what is being stored: when it is closed, each put has its answer', async () => {
    const storage = await create()
    const file = join(await freshFolder(), 'big.mp4')
    await writeFile(file, Buffer.alloc(BIG_BYTES * 4))
    const answers: Awaited<ReturnType<StorageBackend['put']>>[] = []
    const puts = [storage.put(file, 'a/closing.mp4', live), storage.putBytes(Buffer.alloc(BIG_BYTES), 'a/closing.jpg', live)]
    const all = Promise.all(puts.map(async (put) => answers.push(await put)))
    await new Promise((resolve) => setImmediate(resolve))
    await storage[Symbol.asyncDispose]()
    await new Promise((resolve) => setImmediate(resolve))
    expect(answers).toHaveLength(2)
    for (const answer of answers) if (!answer.ok) expect(answer.error.kind).toBe('cancelled')
    await all
  })
}

async function putFile(storage: StorageBackend, bytes: Uint8Array, key: string): Promise<string> {
  const file = join(await freshFolder(), 'source.bin')
  await writeFile(file, bytes)
  return uriOf(await storage.put(file, key, live))
}

function uriOf(stored: Awaited<ReturnType<StorageBackend['put']>>): string {
  if (!stored.ok) throw new Error(`${stored.error.kind}: ${stored.error.message}`)
  return stored.value.storage_uri
}

/** An address of this backend under which nothing is stored. */
async function deletedObject(storage: StorageBackend, key = 'a/never.mp4'): Promise<string> {
  const uri = await putFile(storage, Buffer.from('soon gone'), key)
  const deleted = await storage.delete(uri, live)
  if (!deleted.ok) throw new Error(deleted.error.message)
  return uri
}

async function getBack(storage: StorageBackend, uri: string): Promise<Buffer> {
  const target = join(await freshFolder(), 'back.bin')
  const got = await storage.get(uri, target, live)
  if (!got.ok) throw new Error(got.error.message)
  return readFile(target)
}

async function readAll(storage: StorageBackend, uri: string): Promise<Buffer> {
  const read = await storage.read(uri, null, live)
  if (!read.ok) throw new Error(read.error.message)
  return collect(read.value.stream)
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array)) // a byte stream without encoding
  return Buffer.concat(chunks)
}

function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'homesec-storage-contract-'))
}
