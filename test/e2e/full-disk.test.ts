import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ClipListBodySchema } from '../../src/contracts/api/clips.ts'
import { FAILS_FOR_SECONDS, openHome, withPhone } from './harness/home.ts'
import { NO_SMALL_DISKS, SmallDisk } from './harness/small-disk.ts'
import { waitFor } from './harness/wait-for.ts'

const onSmallDisks = test.skipIf(NO_SMALL_DISKS !== null)

onSmallDisks('a full spool leaves clips where they are and tells the owner; once there is space they are taken in', async () => {
  const home = openHome()
  const disk = home.own(new SmallDisk(join(home.data, 'spool'), 4))
  const phone = await withPhone(home)
  await home.start()
  disk.fill()
  home.drop(1)
  expect((await phone.newsOf('disk_full')).message).toContain('full')
  expect(home.journals()).toEqual([])

  disk.free()
  const { clip_id } = await home.done(1)
  expect(home.copiesOf([1])).toEqual([1])
  await phone.alertOf(clip_id)
})

onSmallDisks('a spool that fills up under a clip loses nothing: it is stored, alerted, and written down once there is space', async () => {
  const home = openHome({ filter: { backend: 'mock', config: { delay_ms: 10_000 } } })
  const disk = home.own(new SmallDisk(join(home.data, 'spool'), 4))
  const phone = await withPhone(home)
  const run = await home.start()
  home.drop(1)
  const { clip_id } = await home.until(1, 'stored, in the filter', ({ stages }) => {
    return stages.upload.status === 'ok' && stages.filter.status === 'running'
  })
  disk.fill()
  expect(await phone.alertOf(clip_id)).toMatchObject({ clip_id })
  expect(await phone.newsOf('disk_full')).toMatchObject({ severity: 'error' })
  expect(home.copiesOf([1])).toEqual([1])
  expect(run.isRunning).toBe(true)

  disk.free()
  await home.done(1)
})

onSmallDisks('a full storage does not hold back the alert; once there is space the clip is uploaded', async () => {
  const home = openHome(FAILS_FOR_SECONDS)
  const disk = home.own(new SmallDisk(home.storage, 4))
  const phone = await withPhone(home)
  await home.start()
  home.drop(1)
  await home.done(1)
  disk.fill()
  home.drop(2)
  const { clip_id } = await home.done(2)
  expect(await phone.alertOf(clip_id)).toMatchObject({ upload_failed: true })
  const news = await phone.newsOf('stage_exhausted')
  expect(news.clip_id).toBe(clip_id)
  expect(news.message).toContain('full')

  disk.free()
  await home.until(2, 'uploaded', ({ stages }) => stages.upload.status === 'ok')
  expect(home.copiesOf([1, 2])).toEqual([1, 1])
})

onSmallDisks('a full database disk costs no clip anything and the owner is told; once there is space the rows come', async () => {
  const home = openHome({ database: { enabled: true }, retention: { min_free_bytes: 1_000_000 } })
  const disk = home.own(new SmallDisk(home.data, 200))
  home.own(new SmallDisk(mkdirs(join(home.data, 'spool')), 4))
  home.own(new SmallDisk(mkdirs(join(home.data, 'state')), 4))
  const phone = await withPhone(home)
  const run = await home.start()
  await run.logged('database_ready')
  disk.fill()
  home.drop(1)
  home.drop(2)
  const clips = await home.allDone([1, 2])
  for (const { clip_id } of clips) await phone.alertOf(clip_id)
  expect(await phone.newsOf('disk_floor')).toMatchObject({ severity: 'error' })
  await run.logged('database_write_failed')
  expect(home.copiesOf([1, 2])).toEqual([1, 1])

  disk.free()
  await waitFor('both rows', async () => {
    const answer = await fetch(`${run.url}/api/v1/clips`)
    return answer.ok && ClipListBodySchema.parse(await answer.json()).clips.filter(({ status }) => status === 'done').length === 2
  })
})

function mkdirs(path: string): string {
  mkdirSync(path, { recursive: true })
  return path
}
