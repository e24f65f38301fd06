import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAILS_FOR_SECONDS, openHome, withPhone, type Home } from './harness/home.ts'

/** What a household sees when the disk of its storage is pulled: an empty folder where the storage was. */
function unmount({ storage }: Home): void {
  renameSync(storage, `${storage}.away`)
  mkdirSync(storage)
}

function mount({ storage }: Home): void {
  rmSync(storage, { recursive: true })
  renameSync(`${storage}.away`, storage)
}

test('an alert says that the upload failed, and the upload happens once the storage is back, without a restart', async () => {
  const home = openHome(FAILS_FOR_SECONDS)
  const phone = await withPhone(home)
  await home.start()
  home.drop(1)
  await home.done(1)

  unmount(home)
  home.drop(2)
  const failed = await home.until(2, 'done, not stored', ({ status, stages }) => status === 'done' && stages.upload.status === 'error')
  expect(await phone.alertOf(failed.clip_id)).toMatchObject({
    upload_failed: true,
    upload_pending: false,
    storage_uri: null,
    view_url: null,
  })
  expect(await phone.newsOf('stage_exhausted')).toMatchObject({ clip_id: failed.clip_id, severity: 'error' })

  mount(home)
  await home.until(2, 'uploaded later', ({ stages }) => stages.upload.status === 'ok')
  expect(home.copiesOf([1, 2])).toEqual([1, 1])
  expect(phone.alerts.filter(({ clip_id }) => clip_id === failed.clip_id)).toHaveLength(1)
})

test('an alert does not wait longer for the upload than it may, and says that it is pending', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  home.reconfigure({ alert: { max_upload_wait_s: 0.1 }, retry: { max_attempts: 50, backoff_s: 1 } })
  await home.start()
  home.drop(1)
  await home.done(1)

  unmount(home)
  home.drop(2)
  const { clip_id } = await home.until(2, 'alerted', ({ alert_sent_at }) => alert_sent_at !== null)
  expect(await phone.alertOf(clip_id)).toMatchObject({ upload_failed: false, upload_pending: true, storage_uri: null, view_url: null })

  mount(home)
  await home.done(2)
  expect(home.copiesOf([1, 2])).toEqual([1, 1])
})

test('a clip that could not be uploaded before the restart is uploaded after it', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  const first = await home.start()
  home.drop(1)
  await home.done(1)
  unmount(home)
  home.drop(2)
  const { clip_id } = await home.done(2)
  await phone.alertOf(clip_id)
  await first.kill()

  mount(home)
  await home.start()
  await home.until(2, 'uploaded', ({ stages }) => stages.upload.status === 'ok')
  expect(home.copiesOf([1, 2])).toEqual([1, 1])
  expect(phone.alerts.filter((alert) => alert.clip_id === clip_id)).toHaveLength(1)
})
