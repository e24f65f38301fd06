import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Ring } from './ring.ts'

const nameOf = (second: number) => `1-${String(second).padStart(6, '0')}.ts`

/** A ring into which the segments of so many seconds were written, each of 100 bytes. */
async function ringOf(
  seconds: number,
  limits: { readonly keepMs?: number; readonly maxBytes?: number; readonly hold?: readonly number[] } = {},
) {
  const ring = new Ring(mkdtempSync(join(tmpdir(), 'homesec-ring-')), {
    keepMs: limits.keepMs ?? 5000,
    maxBytes: limits.maxBytes ?? 1_000_000,
  })
  await ring.begin()
  for (const second of limits.hold ?? []) ring.hold(nameOf(second))
  for (let second = 0; second < seconds; second += 1) {
    writeFileSync(ring.pathOf(nameOf(second)), Buffer.alloc(100))
    await ring.add({ name: nameOf(second), startMs: second * 1000, endMs: (second + 1) * 1000 })
  }
  return { ring, files: () => readdirSync(ring.folder).sort() }
}

const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => nameOf(from + index))

test('the last seconds stay, and what is older goes', async () => {
  expect((await ringOf(20)).files()).toEqual(names(14, 19))
})

test('it never grows beyond its bytes', async () => {
  expect((await ringOf(20, { maxBytes: 300 })).files()).toEqual(names(17, 19))
  expect((await ringOf(5, { maxBytes: 50 })).files()).toEqual(names(4, 4))
})

test('what a recording has yet to get hold of stays, whatever the limits, and beyond the connection', async () => {
  const { ring, files } = await ringOf(20, { hold: [8, 9], maxBytes: 300 })
  expect(files()).toEqual([...names(8, 9), nameOf(19)])
  await ring.begin()
  expect(files()).toEqual(names(8, 9))
  ring.release(nameOf(8))
  await ring.begin()
  expect(files()).toEqual([nameOf(9)])
})

test('it finds the segments from a moment on, with the one that this lies in', async () => {
  const { ring } = await ringOf(6)
  expect(ring.from(3500).map(({ name }) => name)).toEqual(names(3, 5))
  expect(ring.from(4000).map(({ name }) => name)).toEqual(names(4, 5))
  expect(ring.from(9000)).toEqual([])
})

test('a new connection begins with an empty ring, and nothing that is not ours is touched', async () => {
  const { ring, files } = await ringOf(3)
  writeFileSync(join(ring.folder, 'holiday.mp4'), '')
  writeFileSync(join(ring.folder, 'notes.ts'), '')
  mkdirSync(join(ring.folder, 'folder'))
  await ring.begin()
  expect(files()).toEqual(['folder', 'holiday.mp4', 'notes.ts'])
  expect(ring.from(-Infinity)).toEqual([])
})
