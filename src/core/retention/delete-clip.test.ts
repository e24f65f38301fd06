import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { PluginError } from '../../contracts/errors.ts'
import { aClip } from '../../testkit/builders.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { MemoryJournal } from '../../testkit/memory-journal.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { ClipRepository } from '../clips/clip-repository.ts'
import { deleteClip } from './delete-clip.ts'
import { storageKeys } from '../stages/storage-keys.ts'

const keys = storageKeys('clips', null)
const live = new AbortController().signal
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-delete-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function storedClip() {
  const journal = new MemoryJournal()
  const repository = new ClipRepository({ clock: new FakeClock(), log: memoryLogger(), journal, onJournalError: () => undefined })
  const clip = aClip({ local_path: join(folder, 'clip.mp4') })
  await writeFile(clip.local_path, 'video')
  repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: 'abc' })
  const upload = { event_type: 'upload_completed', attempt: 1, duration_ms: 1, storage_uri: 'memory:clip', view_url: null } as const
  repository.record(clip.clip_id, upload)
  repository.record(clip.clip_id, { event_type: 'artifacts_stored', thumbnail_uri: 'memory:thumb', analysis_uri: null })
  const deleted: string[] = []
  const storage = {
    answer: (): Result<void, PluginError> => ok(),
    locate: (key: string) => ok(`memory:${key}`),
    async delete(uri: string) {
      const answer = storage.answer()
      if (answer.ok) deleted.push(uri)
      return answer
    },
  }
  await repository.settled(clip.clip_id)
  return { clip, repository, storage, deleted, journal, upload }
}

test('a deleted clip is gone everywhere, and its journal remembers that', async () => {
  const { clip, repository, storage, deleted, journal } = await storedClip()
  expect(await deleteClip(clip.clip_id, { repository, storage, keys }, live)).toEqual(ok({ deleted_local: true, deleted_storage: true }))
  await expect(stat(clip.local_path)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(deleted).toEqual(['memory:clip', 'memory:thumb'])
  await repository.settled(clip.clip_id)
  const left = journal.files.get(clip.clip_id)
  expect(left).toMatchObject({ status: 'deleted', storage_uri: null, thumbnail_uri: null })
  expect(left?.events.map(({ event_type }) => event_type)).toEqual(['clip_deleted', 'clip_deleted'])
})

test('an unknown clip is null, and nothing is touched', async () => {
  const { repository, storage, deleted } = await storedClip()
  expect(await deleteClip('front_door_9.mp4', { repository, storage, keys }, live)).toEqual(ok(null))
  expect(deleted).toEqual([])
})

test('a storage that is down leaves the mark and the addresses, and a second call finishes it', async () => {
  const { clip, repository, storage, deleted } = await storedClip()
  storage.answer = () => err(pluginError('unavailable', 'down'))
  expect(await deleteClip(clip.clip_id, { repository, storage, keys }, live)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(await repository.read(clip.clip_id)).toMatchObject({ value: { status: 'deleted', storage_uri: 'memory:clip' } })
  storage.answer = () => ok()
  expect(await deleteClip(clip.clip_id, { repository, storage, keys }, live)).toEqual(ok({ deleted_local: false, deleted_storage: true }))
  expect(deleted).toEqual(['memory:clip', 'memory:thumb'])
})

test('an upload that ends during the deletion is deleted as well', async () => {
  const { clip, repository, storage, deleted, upload } = await storedClip()
  storage.answer = () => {
    if (deleted.length === 0) repository.record(clip.clip_id, { ...upload, storage_uri: 'memory:late' })
    return ok()
  }
  expect(await deleteClip(clip.clip_id, { repository, storage, keys }, live)).toMatchObject({ ok: true })
  expect(deleted).toEqual(['memory:clip', 'memory:late', 'memory:thumb'])
})

test('a storage that throws is an error, not a crash', async () => {
  const { clip, repository, storage } = await storedClip()
  storage.answer = () => {
    throw new Error('boom')
  }
  expect(await deleteClip(clip.clip_id, { repository, storage, keys }, live)).toMatchObject({ ok: false, error: { kind: 'bug' } })
})
