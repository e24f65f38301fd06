import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StorageBackend } from '../../contracts/storage.ts'
import { BIG_BYTES, type Create, deletedObject, freshFolder, live, putFile } from './objects.ts'

export function testCancelling(create: Create): void {
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

export function testClosing(create: Create): void {
  test('closing ends what is being stored: when it is closed, each put has its answer', async () => {
    const storage = await create()
    const file = join(await freshFolder(), 'big.mp4')
    await writeFile(file, Buffer.alloc(BIG_BYTES * 4))
    const answers: Awaited<ReturnType<StorageBackend['put']>>[] = []
    const puts = [storage.put(file, 'a/closing.mp4', live), storage.putBytes(Buffer.alloc(64 * 1024), 'a/closing.jpg', live)]
    const all = Promise.all(puts.map(async (put) => answers.push(await put)))
    await new Promise((resolve) => setImmediate(resolve))
    await storage[Symbol.asyncDispose]()
    await new Promise((resolve) => setImmediate(resolve))
    expect(answers).toHaveLength(2)
    for (const answer of answers) if (!answer.ok) expect(answer.error.kind).toBe('cancelled')
    await all
  })
}
