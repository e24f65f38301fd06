import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Spool } from './spool.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-spool-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const spoolHere = () => new Spool(join(folder, 'spool'), join(folder, 'quarantine'))

async function takeIn(spool: Spool, second: number): Promise<string> {
  const path = join(folder, 'in.mp4')
  await writeFile(path, 'video')
  const staged = await spool.stage(path, 'door', 'move')
  if (!staged.ok) throw new Error(staged.error.message)
  const placed = await spool.commit(staged.value, second)
  return placed.ok ? placed.value.clip_id : expect.fail(placed.error.message)
}

test('clips of one second are numbered in the order they come', async () => {
  const spool = spoolHere()
  const names = [await takeIn(spool, 7), await takeIn(spool, 7), await takeIn(spool, 8), await takeIn(spool, 7)]
  expect(names).toEqual(['door_7.mp4', 'door_7_2.mp4', 'door_8.mp4', 'door_7_3.mp4'])
})

test('after a restart the numbering goes on behind what is on disk, a lone journal included', async () => {
  await mkdir(join(folder, 'spool', 'door'), { recursive: true })
  await writeFile(join(folder, 'spool', 'door', 'door_7.mp4'), 'x')
  await writeFile(join(folder, 'spool', 'door', 'door_7_2.mp4.json'), '{}')
  expect(await takeIn(spoolHere(), 7)).toBe('door_7_3.mp4')
})

test('a name whose file appeared by other means is not overwritten', async () => {
  const spool = spoolHere()
  await takeIn(spool, 7)
  await writeFile(join(folder, 'spool', 'door', 'door_7_2.mp4'), 'by hand')
  expect(await takeIn(spool, 7)).toBe('door_7_3.mp4')
})

test('clips taken in side by side get a name each', async () => {
  const spool = spoolHere()
  const staged = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const path = join(folder, `in-${n}.mp4`)
      await writeFile(path, `video ${n}`)
      return spool.stage(path, 'door', 'move')
    }),
  )
  const placed = await Promise.all(staged.map((one) => (one.ok ? spool.commit(one.value, 7) : expect.fail(one.error.message))))
  expect(new Set(placed.map((one) => (one.ok ? one.value.clip_id : ''))).size).toBe(20)
  expect(await readdir(join(folder, 'spool', 'door'))).toHaveLength(20)
})
