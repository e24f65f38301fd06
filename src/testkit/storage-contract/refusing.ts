import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Create, deletedObject, freshFolder, live } from './objects.ts'

const REFUSED_KEYS = ['', '/', '///', '/etc/passwd', '..', '../x', 'a/../../x', 'a\\b', 'a\0b', 'x'.repeat(513)]

export function testRefusals(create: Create): void {
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
