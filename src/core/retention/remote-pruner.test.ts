import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ClipFact } from '../../contracts/clip-events.ts'
import { pluginError } from '../../contracts/errors.ts'
import { ok } from '../../contracts/result.ts'
import type { RemoteRetention, StorageBackend } from '../../contracts/storage.ts'
import { aClip, NOTHING_DETECTED } from '../../testkit/builders.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { MemoryJournal } from '../../testkit/memory-journal.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { twoFolders } from '../../testkit/mirror-fixture.ts'
import { ClipIndex } from '../clips/clip-index.ts'
import { ClipRepository } from '../clips/clip-repository.ts'
import { RemotePruner } from './remote-pruner.ts'
import { storageKeepers } from './storage-keepers.ts'

const live = new AbortController().signal
const DAY_MS = 86_400_000
const FILTERED: ClipFact = { event_type: 'filter_completed', attempt: 1, duration_ms: 1, filter_result: NOTHING_DETECTED }
const FINISHED: ClipFact = { event_type: 'clip_finished' }
const NO_LIMITS: RemoteRetention = { max_age_days: null, max_bytes: null }
const keyOf = (nth: number) => `clips/front_door/front_door_${nth}.mp4`

async function setUp(storage: StorageBackend, file: string, own: RemoteRetention = NO_LIMITS) {
  const clock = new FakeClock('2026-01-01T00:00:00.000Z')
  const [journal, log, index] = [new MemoryJournal(), memoryLogger(), new ClipIndex()]
  const repository = new ClipRepository({ clock, log, journal, onJournalError: () => undefined })
  repository.subscribe((_event, state) => index.update(state))
  const keepers = storageKeepers(storage, own)
  const pruner = new RemotePruner({ index, repository, keepers, clock, log })
  /** Clip `nth` is of the `nth` day, has 1000 bytes, and is done unless said otherwise. */
  const add = async (nth: number, then: readonly ClipFact[] = [FILTERED, FINISHED], through: StorageBackend = storage) => {
    const day = new Date(Date.parse('2026-01-01T00:00:00.000Z') + nth * DAY_MS).toISOString()
    const clip = aClip({ clip_id: `front_door_${nth}.mp4`, start_ts: day, end_ts: day })
    const { clip_id } = clip
    repository.record(clip_id, { event_type: 'clip_recorded', clip, config_hash: 'a' })
    using _held = repository.holdLoaded(clip_id)
    const onCopy = (copy: { place: string; storage_uri: string; view_url: string | null }) =>
      repository.record(clip_id, { event_type: 'upload_copied', ...copy })
    const stored = await through.put(file, keyOf(nth), live, { copies: [], onCopy, onBytes: () => undefined })
    const picture = await through.putBytes(Buffer.from('jpeg'), keyOf(nth).replace('.mp4', '.jpg'), live)
    if (stored.ok) repository.record(clip_id, { event_type: 'upload_completed', attempt: 1, duration_ms: 1, ...stored.value })
    if (picture.ok)
      repository.record(clip_id, { event_type: 'artifacts_stored', thumbnail_uri: picture.value.storage_uri, analysis_uri: null })
    for (const fact of then) repository.record(clip_id, fact)
    await repository.settled(clip_id)
  }
  const state = (nth: number) => journal.files.get(`front_door_${nth}.mp4`)
  return { pruner, add, clock, state, index, log, keepers }
}

describe('a storage that is one place', () => {
  const oneFolder = async (limits: RemoteRetention) => {
    const { parts, folders, file } = await twoFolders()
    const left = (...days: number[]) => days.filter((nth) => existsSync(join(folders.nas, keyOf(nth))))
    return { storage: parts.nas, folders, left, ...(await setUp(parts.nas, file, limits)) }
  }

  test('loses what is too old, with its picture, and the clip stays uploaded and done', async () => {
    const { pruner, add, clock, state, index, left, folders } = await oneFolder({ max_age_days: 2, max_bytes: null })
    for (const nth of [1, 2, 3, 4]) await add(nth)
    await clock.advance(4 * DAY_MS)
    expect(await pruner.prune(live)).toBe(1)
    expect(left(1, 2, 3, 4)).toEqual([2, 3, 4])
    expect(existsSync(join(folders.nas, keyOf(1).replace('.mp4', '.jpg')))).toBe(false)
    await expect.poll(() => state(1)?.storage_pruned_at).not.toBeNull()
    expect(state(1)).toMatchObject({ status: 'done', storage_uri: null, thumbnail_uri: null, stages: { upload: { status: 'ok' } } })
    expect(index.get('front_door_1.mp4')).toMatchObject({ prunable: 'done', debts: [], storedIn: [] })
    expect(await pruner.prune(live)).toBe(0)
  })

  test('also loses a clip whose detection failed for good, but not one whose detector may come back', async () => {
    const { pruner, add, clock, left } = await oneFolder({ max_age_days: 1, max_bytes: null })
    const failed = (kind: 'invalid' | 'unavailable'): ClipFact => ({
      event_type: 'filter_failed',
      attempt: 1,
      duration_ms: 1,
      will_retry: false,
      error: { kind, message: 'no', plugin: 'yolo' },
    })
    await add(1, [failed('invalid')])
    await add(2, [failed('unavailable')])
    await clock.advance(9 * DAY_MS)
    expect(await pruner.prune(live)).toBe(1)
    expect(left(1, 2)).toEqual([2])
  })

  test('keeps out of another bucket of its kind, where clips went before', async () => {
    const { add, state, index, log } = await oneFolder({ max_age_days: 1, max_bytes: null })
    const asked: string[] = []
    const remove = async (uri: string) => {
      asked.push(uri)
      return ok()
    }
    const bucket = { locate: (key: string) => ok(`local:new-bucket/${key}`), delete: remove }
    const keepers = storageKeepers(bucket, { max_age_days: 1, max_bytes: null })
    await add(1)
    const left = state(1)
    expect(left?.storage_uri).toMatch(/^local:clips/)
    const repository = { hold: async () => ok({ [Symbol.dispose]: () => undefined }), get: () => left ?? null, record: () => undefined }
    const clock = new FakeClock('2026-02-01T00:00:00.000Z')
    expect(await new RemotePruner({ index, repository, keepers, clock, log }).prune(live)).toBe(0)
    expect(asked).toEqual([])
  })

  test('keeps to its bytes, and never loses what is not done, nor a newer clip in its stead, nor what another storage has', async () => {
    const { pruner, add, left, log } = await oneFolder({ max_age_days: null, max_bytes: 2000 })
    await add(1, [FILTERED])
    for (const nth of [2, 3, 4]) await add(nth)
    const elsewhere = await twoFolders()
    await add(0, [FILTERED, FINISHED], elsewhere.mirror)
    expect(await pruner.prune(live)).toBe(1)
    expect(left(0, 1, 2, 3, 4)).toEqual([1, 3, 4])
    expect(await pruner.prune(live)).toBe(0)
    const said = log.lines.filter(({ fields }) => fields['event_type'] === 'storage_prune_blocked')
    expect(said).toMatchObject([{ level: 'warn', fields: { place: null, clips: 1 } }])
    expect(existsSync(join(elsewhere.folders.nas, keyOf(0)))).toBe(true)
  })

  test('a deletion that fails keeps no other, costs no newer clip its copy, and is tried again after a pause', async () => {
    const { pruner, add, storage, clock, left, log } = await oneFolder({ max_age_days: null, max_bytes: 1000 })
    for (const nth of [1, 2, 3]) await add(nth)
    const remove = storage.delete.bind(storage)
    storage.delete = async (uri, signal) => {
      storage.fails = uri.endsWith(keyOf(1)) ? pluginError('rejected', 'locked') : null
      const deleted = await remove(uri, signal)
      storage.fails = null
      return deleted
    }
    const tries = () => storage.calls.filter((call) => call.startsWith('delete') && call.endsWith(keyOf(1))).length
    expect(await pruner.prune(live)).toBe(1)
    expect([left(1, 2, 3), tries()]).toEqual([[1, 3], 1])
    expect(await pruner.prune(live)).toBe(0)
    expect(tries()).toBe(1)
    await clock.advance(10 * 60_000)
    await pruner.prune(live)
    expect(tries()).toBe(2)
    await clock.advance(9 * 60_000)
    await pruner.prune(live)
    expect(tries()).toBe(2) // the pause has grown
    storage.delete = remove
    await clock.advance(60 * 60_000)
    expect(await pruner.prune(live)).toBe(1)
    expect(left(1, 2, 3)).toEqual([3])
    expect(log.lines.filter(({ fields }) => fields['event_type'] === 'storage_prune_failed')).toHaveLength(2)
  })

  test('while it is down, not every clip finds out for itself', async () => {
    const { pruner, add, storage } = await oneFolder({ max_age_days: null, max_bytes: 1 })
    for (let nth = 1; nth <= 20; nth += 1) await add(nth)
    storage.calls.splice(0)
    storage.fail('unavailable')
    expect(await pruner.prune(live)).toBe(0)
    expect(storage.calls.length).toBeLessThan(8)
  })

  test('a second request during a pass is dropped, and a shutdown ends a pass', async () => {
    const { pruner, add, storage } = await oneFolder({ max_age_days: null, max_bytes: 1 })
    await add(1)
    storage.fails = 'hang'
    const stop = new AbortController()
    const pass = pruner.prune(stop.signal)
    expect(await pruner.prune(stop.signal)).toBeNull()
    stop.abort()
    expect(await pass).toBe(0)
  })

  test('nothing leaves by default', async () => {
    expect((await oneFolder(NO_LIMITS)).keepers).toEqual([])
  })
})

describe('a storage of several places', () => {
  const both = async (retention: RemoteRetention) => {
    const made = await twoFolders({ retention })
    const left = (place: 'nas' | 'usb', ...days: number[]) => days.filter((nth) => existsSync(join(made.folders[place], keyOf(nth))))
    return { ...made, left, ...(await setUp(made.mirror, made.file)) }
  }

  test('each place keeps to its own limits, and a clip is gone when the last has let it go', async () => {
    const { pruner, add, parts, state, left } = await both({ max_age_days: null, max_bytes: 1000 })
    await add(1)
    await add(2)
    parts.nas.fail('unavailable')
    expect(await pruner.prune(live)).toBe(1)
    expect([left('nas', 1, 2), left('usb', 1, 2)]).toEqual([[1, 2], [2]])
    await expect.poll(() => Object.keys(state(1)?.copies ?? {})).toEqual(['nas'])
    expect(state(1)).toMatchObject({ storage_uri: `mirror:${keyOf(1)}`, storage_pruned_at: null })
  })

  test('a clip that is not yet in all places stays where it is', async () => {
    const { pruner, add, parts, left } = await both({ max_age_days: null, max_bytes: 1 })
    parts.nas.fail('rejected')
    await add(1)
    parts.nas.fails = null
    expect(await pruner.prune(live)).toBe(0)
    expect(left('usb', 1)).toEqual([1])
  })

  test('a clip from before the mirror belongs to the first place that knows its address', async () => {
    const { pruner, add, parts, state, left } = await both({ max_age_days: null, max_bytes: 1 })
    await add(1, [FILTERED, FINISHED], parts.usb)
    expect(state(1)).toMatchObject({ storage_uri: `local:${keyOf(1)}`, copies: {} })
    expect(await pruner.prune(live)).toBe(1)
    expect(left('usb', 1)).toEqual([])
    await expect.poll(() => state(1)?.storage_pruned_at).not.toBeNull()
  })
})
