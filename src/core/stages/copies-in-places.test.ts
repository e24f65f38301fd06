import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { twoFolders } from '../../testkit/mirror-fixture.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { ok } from '../../contracts/result.ts'
import type { StoredCopy } from '../../contracts/storage.ts'
import { aClip, NOTHING_DETECTED } from '../../testkit/builders.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import { copyProgress } from './copy-progress.ts'
import { deleteClip } from '../retention/delete-clip.ts'
import type { ClipStages, ProcessClip } from '../process-clip.ts'
import { sweepUploads } from '../sweepers/retry-uploads.ts'

const { clip_id } = aClip()
const KEY = `clips/front_door/${clip_id}`
/** Nothing but the clip itself is stored. */
const QUIET: Partial<ProcessClip> = {
  shouldAnalyze: () => ({ run: false, reason: 'run_mode_never' }),
  decide: () => ({ notify: false, notify_reason: 'nothing_detected' }),
}
const live = new AbortController().signal

/** The pipeline over a mirror of two folders, of which `usb` has links. */
async function mirroredPipeline() {
  const pipeline = new PipelineFixture()
  const places = await twoFolders()
  const { repository, keys } = pipeline
  const upload: ClipStages['upload'] = (clip, onCopy) => ({
    name: 'upload',
    plugin: 'mirror',
    timeoutMs: 60_000,
    slots: new Semaphore(1),
    attempt: (signal) => places.mirror.put(places.file, keys.clip(clip), signal, copyProgress(clip.clip_id, repository, { onCopy })),
  })
  const changes: Partial<ProcessClip> = { stages: { ...pipeline.deps().stages, upload } }
  const isIn = (name: 'nas' | 'usb', key = KEY) => existsSync(join(places.folders[name], key))
  const sweep = () => {
    const { clock, runner } = pipeline.stages
    const { openFile } = pipeline.deps()
    const { index, artifacts } = pipeline
    const deps = { index, repository, keys, runner, artifacts, openFile, clock, storage: places.mirror, stages: { upload } }
    return sweepUploads({ ...deps, firstDelayMs: 1000 })
  }
  return { pipeline, ...places, changes, isIn, sweep }
}

test('an alert goes out with the link of the first copy, and does not wait for a place that hangs', async () => {
  const { pipeline, parts, changes } = await mirroredPipeline()
  parts.nas.fails = 'hang'
  const running = pipeline.run({ ...changes, maxUploadWaitMs: 600_000 })
  await expect.poll(() => pipeline.sent).toMatchObject([{ view_url: `https://usb.lan/${KEY}`, upload_pending: true, upload_failed: false }])
  expect(pipeline.state()).toMatchObject({ storage_uri: null, copies: { usb: { storage_uri: `local:${KEY}` } } })
  pipeline.stop.abort()
  await running
})

test('what one place refused is brought there later, and nowhere else again', async () => {
  const { pipeline, parts, changes, isIn, sweep } = await mirroredPipeline()
  parts.nas.fail('rejected', 'read-only')
  expect(await pipeline.run(changes)).toMatchObject({ status: 'done', storage_uri: null, stages: { upload: { status: 'error' } } })
  expect([isIn('nas'), isIn('usb')]).toEqual([false, true])

  parts.nas.fails = null
  await using _sweeper = sweep()
  await expect
    .poll(async () => {
      // Up to the second try, and no further: its time limit goes by the same clock.
      await pipeline.stages.clock.advance(parts.nas.calls.length < 2 ? 1000 : 0)
      return pipeline.state().storage_uri
    })
    .toBe(`mirror:${KEY}`)
  expect(isIn('nas')).toBe(true)
  expect([parts.nas.calls, parts.usb.calls]).toEqual([[`put ${KEY}`, `put ${KEY}`], [`put ${KEY}`]])
  expect(pipeline.state().view_url).toBe(`https://usb.lan/${KEY}`)
})

test('a clip that is deleted before all places have it leaves nothing behind, though a place is down', async () => {
  const { pipeline, mirror, parts, changes, isIn, file } = await mirroredPipeline()
  pipeline.filter = async () => ok(NOTHING_DETECTED)
  parts.nas.fail('rejected', 'down')
  await pipeline.run({ ...changes, ...QUIET })
  const picture = KEY.replace('.mp4', '.jpg')
  const kept = await mirror.put(file, picture, live) // one place has it, so nobody wrote it down
  expect([kept.ok, isIn('usb', picture)]).toEqual([false, true])

  const deleted = await deleteClip(clip_id, { repository: pipeline.repository, storage: mirror, keys: pipeline.keys }, live)
  expect(deleted).toEqual({ ok: true, value: { deleted_local: false, deleted_storage: true } })
  expect([isIn('usb'), isIn('usb', picture)]).toEqual([false, false])
  expect(pipeline.state()).toMatchObject({ status: 'deleted', copies: {} })
})

test('a copy of a place that is configured no more does not keep a clip from being deleted', async () => {
  const { pipeline, mirror, isIn, changes } = await mirroredPipeline()
  pipeline.filter = async () => ok(NOTHING_DETECTED)
  await pipeline.run({ ...changes, ...QUIET })
  const held = await pipeline.repository.hold(clip_id)
  expect(held.ok).toBe(true)
  pipeline.repository.record(clip_id, { event_type: 'upload_copied', place: 'old', storage_uri: 's3:bucket/a.mp4', view_url: null })
  const deleted = await deleteClip(clip_id, { repository: pipeline.repository, storage: mirror, keys: pipeline.keys }, live)
  expect(deleted).toMatchObject({ ok: true })
  expect([isIn('nas'), isIn('usb'), pipeline.state().copies]).toEqual([false, false, {}])
})

/** What a stranger's JavaScript may hand over. */
const BROKEN = JSON.parse('{"place":"nas","storage_uri":7}') as StoredCopy

test('a copy that arrives after its deadline is not recorded on a clip that nobody holds, nor is one that breaks the contract', () => {
  const recorded: unknown[] = []
  const state = new PipelineFixture().record()
  const book = (known: boolean) => ({ get: () => (known ? state : null), record: (_id: string, fact: unknown) => void recorded.push(fact) })
  const copy = { place: 'nas', storage_uri: 'local:a', view_url: null }
  copyProgress(clip_id, book(false)).onCopy(copy)
  copyProgress(clip_id, book(true)).onCopy(BROKEN)
  expect(recorded).toEqual([])
  copyProgress(clip_id, book(true)).onCopy(copy)
  expect(recorded).toEqual([{ event_type: 'upload_copied', ...copy }])
})
