import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BIG_BYTES, type Create, freshFolder, getBack, live, putFile, readAll, uriOf } from './objects.ts'

export function testRoundTrip(create: Create): void {
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

export function testProgress(create: Create, leastReports: number): void {
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

export function testReplacing(create: Create): void {
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
