import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BIG_BYTES, collect, type Create, deletedObject, freshFolder, live, putFile, readAll } from './objects.ts'

export function testReading(create: Create): void {
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

export function testExistence(create: Create): void {
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
