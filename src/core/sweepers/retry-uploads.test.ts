import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ClipFact } from '../../contracts/clip-events.ts'
import { pluginError } from '../../contracts/errors.ts'
import { aClip, NOTHING_DETECTED } from '../../testkit/builders.ts'
import { settle, type FakeClock } from '../../testkit/fake-clock.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import type { ClipIndex } from '../clips/clip-index.ts'
import { sweepUploads } from './retry-uploads.ts'

const FAILED: ClipFact = {
  event_type: 'upload_failed',
  attempt: 1,
  duration_ms: 1,
  will_retry: false,
  error: { kind: 'unavailable', message: 'down', plugin: 'memory' },
}
const FILTERED: ClipFact = { event_type: 'filter_completed', attempt: 1, duration_ms: 1, filter_result: NOTHING_DETECTED }

/** Clips that are done, and that the storage did not take; the last is the newest. */
async function withDebts(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-sweep-'))
  const pipeline = new PipelineFixture()
  const ids: string[] = []
  for (let nth = 1; nth <= count; nth += 1) {
    const clip = aClip({ clip_id: `front_door_${nth}.mp4`, local_path: join(folder, `${nth}.mp4`) })
    await writeFile(clip.local_path, 'video')
    for (const fact of [
      { event_type: 'clip_recorded', clip, config_hash: 'a' } as const,
      FILTERED,
      FAILED,
      { event_type: 'clip_finished' } as const,
    ])
      pipeline.repository.record(clip.clip_id, fact)
    await pipeline.repository.settled(clip.clip_id)
    await pipeline.stages.clock.advance(1000)
    ids.push(clip.clip_id)
  }
  const { clock, runner } = pipeline.stages
  const { stages, openFile } = pipeline.deps()
  const { index, repository, storage, artifacts, keys } = pipeline
  const start = () => sweepUploads({ index, repository, storage, keys, runner, stages, artifacts, openFile, clock, firstDelayMs: 1000 })
  const uploads = () => storage.puts.map((key) => key.replace('clips/front_door/front_door_', ''))
  return { pipeline, clock, storage, index, start, uploads, ids, folder }
}

/** The file system needs real time, however fast the clock runs. */
async function passUntilPaid(clock: FakeClock, index: ClipIndex): Promise<void> {
  await expect
    .poll(async () => {
      await clock.advance(1000)
      return index.owingCount
    })
    .toBe(0)
}

test('what the storage did not take is brought there later, newest first', async () => {
  const { clock, start, uploads, index } = await withDebts(3)
  await using _sweeper = start()
  await clock.advance(1000)
  expect(uploads()).toEqual(['3.mp4', '2.mp4', '1.mp4'])
  expect(index.owingCount).toBe(0)
})

test('while the storage is down one clip is tried at a time, less and less often, and all go when it is back', async () => {
  const { clock, start, storage, uploads, index } = await withDebts(5)
  storage.fails = pluginError('unavailable', 'down')
  await using _sweeper = start()
  await clock.advance(3_600_000)
  expect(uploads().length).toBeLessThan(20)
  storage.fails = null
  await clock.advance(900_000)
  expect([index.owingCount, storage.objects.size]).toEqual([0, 5])
})

test('a clip that the storage never takes does not keep the others waiting', async () => {
  const { clock, start, storage, index, ids } = await withDebts(3)
  const put = storage.put.bind(storage)
  storage.put = async (path, key) => {
    storage.fails = key.endsWith(ids.at(-1) ?? '') ? pluginError('rejected', 'not readable') : null
    return put(path, key)
  }
  await using _sweeper = start()
  await clock.advance(10_000)
  expect([storage.objects.size, index.owingCount]).toEqual([2, 1])
})

test('a file that is gone is written off instead of being tried for ever', async () => {
  const { clock, start, storage, index, folder, uploads } = await withDebts(1)
  await rm(join(folder, '1.mp4'))
  storage.fails = pluginError('invalid', 'no such file')
  await using _sweeper = start()
  await passUntilPaid(clock, index)
  await clock.advance(3_600_000)
  expect([uploads(), index.owingCount]).toEqual([['1.mp4'], 0])
})

test('what reached the storage after its deletion is deleted there, also after the storage was down', async () => {
  const { clock, start, storage, index, pipeline, ids } = await withDebts(1)
  const [id = ''] = ids
  const held = await pipeline.repository.hold(id)
  expect(held.ok).toBe(true)
  storage.objects.add('memory:late')
  pipeline.repository.record(id, { event_type: 'clip_deleted', deleted_local: true, deleted_storage: false, reason: 'owner' })
  pipeline.repository.record(id, { event_type: 'upload_completed', attempt: 2, duration_ms: 1, storage_uri: 'memory:late', view_url: null })
  storage.fails = pluginError('unavailable', 'down')
  await using _sweeper = start()
  await clock.advance(5000)
  expect(storage.objects.size).toBe(1)
  storage.fails = null
  await passUntilPaid(clock, index)
  expect([storage.objects.size, storage.puts]).toEqual([0, []])
})

test('a shutdown in the middle of a later try ends it, and it is still owed', async () => {
  const { clock, start, storage, index } = await withDebts(1)
  storage.gate = new Promise(() => undefined)
  const sweeper = start()
  await clock.advance(1000)
  await sweeper[Symbol.asyncDispose]()
  await settle()
  expect(index.owingCount).toBe(1)
})
