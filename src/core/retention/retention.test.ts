import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ClipFact } from '../../contracts/clip-events.ts'
import { aClip, aFilterResult } from '../../testkit/builders.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { MemoryJournal } from '../../testkit/memory-journal.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { ClipIndex } from '../clips/clip-index.ts'
import { ClipRepository } from '../clips/clip-repository.ts'
import { nextPrune, type RetentionLimits } from './retention-plan.ts'
import { RetentionPruner } from './retention-pruner.ts'
import type { SystemNews } from '../alerts/system-alerts.ts'

test.each([
  [100, 1000, 'uploaded', 'none'],
  [101, 1000, 'uploaded', 'done'],
  [0, 49, 'uploaded', 'done'],
  [0, 49, 'unanalysed', 'done_or_uploaded'],
  [101, 49, 'unanalysed', 'done_or_uploaded'],
  [101, null, 'unanalysed', 'done'],
  [100, null, 'unanalysed', 'none'],
] as const)('with %s bytes here and %s free, on_floor %s: %s', (localBytes, freeBytes, onFloor, wanted) => {
  expect(nextPrune({ localBytes, freeBytes }, { maxLocalBytes: 100, minFreeBytes: 50, onFloor })).toBe(wanted)
})

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-retention-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const UPLOADED: ClipFact = { event_type: 'upload_completed', attempt: 1, duration_ms: 1, storage_uri: 'memory:a', view_url: null }
const FILTERED: ClipFact = {
  event_type: 'filter_completed',
  attempt: 1,
  duration_ms: 1,
  filter_result: aFilterResult({ best_frame_s: null }),
}
const DONE = [UPLOADED, FILTERED, { event_type: 'clip_finished' }] as const

function setUp(limits: Partial<RetentionLimits> = {}, freeBytes: () => number | null = () => 1e12) {
  const clock = new FakeClock()
  const journal = new MemoryJournal()
  const log = memoryLogger()
  const repository = new ClipRepository({ clock, log, journal, onJournalError: () => undefined })
  const index = new ClipIndex()
  repository.subscribe((_event, state) => index.update(state))
  const news: SystemNews[] = []
  const pruner = new RetentionPruner({
    index,
    repository,
    limits: { maxLocalBytes: 2000, minFreeBytes: 0, onFloor: 'uploaded', ...limits },
    freeBytes: async () => freeBytes(),
    pathOf: (camera, clipId) => join(root, camera, clipId),
    alerts: { raise: (raised) => void news.push(raised) },
    log,
  })
  const add = async (nth: number, facts: readonly ClipFact[] = DONE) => {
    const clip = aClip({ clip_id: `front_door_${nth}.mp4`, local_path: join(root, 'front_door', `front_door_${nth}.mp4`) })
    await mkdir(join(root, 'front_door'), { recursive: true })
    await writeFile(clip.local_path, '')
    for (const fact of [{ event_type: 'clip_recorded', clip, config_hash: 'a' } as const, ...facts]) repository.record(clip.clip_id, fact)
    await repository.settled(clip.clip_id)
    await clock.advance(1000)
  }
  const left = async () => (await readdir(join(root, 'front_door'))).map((name) => Number(/_(\d+)\./.exec(name)?.[1])).sort((a, b) => a - b)
  return { pruner, add, left, journal, news, log, index }
}

describe('a pass', () => {
  test('deletes the oldest until the rest fits, and remembers it in the journal', async () => {
    const { pruner, add, left, journal } = setUp()
    for (const nth of [1, 2, 3, 4]) await add(nth)
    expect(await pruner.prune('timer')).toEqual({ deleted: 2, freedBytes: 2000, failed: 0, blocked: false })
    expect(await left()).toEqual([3, 4])
    await expect.poll(() => journal.files.get('front_door_1.mp4')?.local_deleted_at).not.toBeNull()
    expect(journal.files.get('front_door_1.mp4')).toMatchObject({ status: 'done', storage_uri: 'memory:a' })
  })

  test('a cap of nothing lets every clip go that may', async () => {
    const { pruner, add, left } = setUp({ maxLocalBytes: 0 })
    await add(1)
    await add(2, [UPLOADED])
    await add(3, [FILTERED, { event_type: 'clip_finished' }])
    expect(await pruner.prune('start')).toMatchObject({ deleted: 1, blocked: true })
    expect(await left()).toEqual([2, 3])
  })

  test('below the floor the owner is told, and what is not analysed yet goes only if allowed', async () => {
    for (const [onFloor, kept] of [
      ['uploaded', [1]],
      ['unanalysed', []],
    ] as const) {
      // prettier-ignore
      const { pruner, add, left, news } = setUp({ minFreeBytes: 1e9, onFloor }, () => 5)
      await add(1, [UPLOADED])
      await pruner.prune('timer')
      expect(await left()).toEqual(kept)
      expect(news).toMatchObject([{ code: 'disk_floor', severity: 'error' }])
    }
  })

  test('a file that vanished by itself counts as freed', async () => {
    const { pruner, add, index } = setUp({ maxLocalBytes: 0 })
    await add(1)
    await rm(join(root, 'front_door', 'front_door_1.mp4'))
    expect(await pruner.prune('timer')).toMatchObject({ deleted: 1, failed: 0 })
    expect(index.localBytes).toBe(0)
  })

  test('a file that cannot be deleted blocks no other, and is tried again by the timer, not by every arrival', async () => {
    const { pruner, add, left } = setUp({ maxLocalBytes: 0 })
    await add(1)
    await add(2)
    const stuck = join(root, 'front_door', 'front_door_1.mp4')
    await rm(stuck)
    await mkdir(stuck) // `rm` refuses a folder
    expect(await pruner.prune('clip_arrived')).toMatchObject({ deleted: 1, failed: 1 })
    expect(await left()).toEqual([1])
    expect(await pruner.prune('clip_arrived')).toMatchObject({ failed: 0 })
    expect(await pruner.prune('timer')).toMatchObject({ failed: 1 })
    await rm(stuck, { recursive: true })
    expect(await pruner.prune('timer')).toMatchObject({ deleted: 1 })
  })

  test('a second request during a pass is dropped', async () => {
    const { pruner, add } = setUp({ maxLocalBytes: 0 })
    await add(1)
    const [first, second] = await Promise.all([pruner.prune('timer'), pruner.prune('clip_arrived')])
    expect([first?.deleted, second]).toEqual([1, null])
    await pruner.idle()
  })

  test('a disk that cannot be asked does not stop the cap', async () => {
    const { pruner, add } = setUp({ maxLocalBytes: 0 }, () => null)
    await add(1)
    expect(await pruner.prune('timer')).toMatchObject({ deleted: 1 })
  })
})
