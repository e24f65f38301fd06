import { lstat, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pluginError } from '../../contracts/errors.ts'
import { err } from '../../contracts/result.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { IntakeFixture } from '../../testkit/intake-fixture.ts'
import { Spool } from './spool.ts'

let house: IntakeFixture
beforeEach(async () => {
  house = await IntakeFixture.open()
})
afterEach(() => house[Symbol.asyncDispose]())

class RefusingSpool extends Spool {
  override commit(): ReturnType<Spool['commit']> {
    return Promise.resolve(
      err(pluginError('unavailable', 'the disk with the spool is full', Object.assign(new Error('full'), { code: 'ENOSPC' }))),
    )
  }
}

describe('refusals', () => {
  const broken = { probe: async () => err(pluginError('invalid', 'not a readable video: the file is empty')) }

  test('what is no video is put aside with its name, and the owner is told', async () => {
    const { deps } = house.setUp()
    const { sink, news } = house.setUp({ ingest: { ...deps.ingest, ...broken } })
    const answer = await sink.accept(await house.incoming('evil name.txt', 'text', { original_name: '../../evil name.txt' }))
    expect(answer).toMatchObject({ value: { state: 'quarantined' } })
    const [kept = ''] = await readdir(join(house.root, 'quarantine', 'front_door'))
    expect(kept).toMatch(/evil_name\.txt$/)
    expect(news).toMatchObject([{ code: 'clip_quarantined' }])
    expect(await house.inSpool()).toEqual([])
  })

  test('a spool that is full leaves the file where it was, linked or moved, and nothing half-done', async () => {
    const { deps } = house.setUp()
    const spool = new RefusingSpool(join(house.root, 'spool'), join(house.root, 'quarantine'))
    const { sink, news } = house.setUp({ ingest: { ...deps.ingest, spool } })
    for (const take of ['link', 'move'] as const) {
      const file = await house.incoming(`${take}.mp4`, take, { take })
      expect(await sink.accept(file)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
      expect([await readFile(file.path, 'utf8'), await house.inSpool()]).toEqual([take, []])
    }
    expect(news[0]).toMatchObject({ code: 'disk_full' })
  })

  test('a file that could not be synced after its move is put back, never removed', async () => {
    const { deps } = house.setUp()
    const path = join(house.root, 'in', 'unreadable.mp4')
    await symlink('/nowhere/at/all', path) // can be moved, cannot be opened
    expect(await deps.ingest.spool.stage(path, 'front_door', 'move')).toMatchObject({ ok: false })
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
  })

  test('a file that is gone is invalid; the owner hears of it when a recorder had given it away', async () => {
    const { sink, news } = house.setUp()
    const file = await house.incoming('a.mp4')
    await rm(file.path)
    expect(await sink.accept(file)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(news).toEqual([])
    expect(await sink.accept({ ...file, take: 'move' })).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(news).toMatchObject([{ code: 'clip_not_taken' }])
  })

  test.each(['unavailable', 'timeout', 'rejected', 'bug'] as const)(
    'a clip that cannot be taken in because of %s is told to the owner, and the disk is not blamed',
    async (kind) => {
      const { deps } = house.setUp()
      const { sink, news } = house.setUp({ ingest: { ...deps.ingest, probe: async () => err(pluginError(kind, 'no ffprobe')) } })
      expect(await sink.accept(await house.incoming('a.mp4'))).toMatchObject({ ok: false, error: { kind } })
      expect(news).toMatchObject([{ code: 'clip_not_taken', camera_name: 'front_door' }])
    },
  )

  test('a clip that a shutdown did not let in is no news', async () => {
    const { deps } = house.setUp()
    const probe = () => new Promise<never>(() => undefined)
    const { sink, news, intake } = house.setUp({ ingest: { ...deps.ingest, probe } })
    const accepting = sink.accept(await house.incoming('a.mp4'))
    await settle()
    await intake.close(10)
    expect(await accepting).toMatchObject({ ok: false })
    expect(news).toEqual([])
  })

  test('a probe that throws is an answer, not a crash', async () => {
    const { deps } = house.setUp()
    const probe = () => Promise.reject(new Error('boom'))
    const { sink } = house.setUp({ ingest: { ...deps.ingest, probe } })
    expect(await sink.accept(await house.incoming('a.mp4'))).toMatchObject({ ok: false, error: { kind: 'bug' } })
  })
})
