import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pluginError, type ErrorKind } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { aClip } from '../../testkit/builders.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { sweepUploads } from '../sweepers/retry-uploads.ts'

/** A clip that went through the pipeline while no picture of it could be made. */
async function withoutPicture(kind: ErrorKind, message = 'no picture in it can be decoded') {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-picture-'))
  const pipeline = new PipelineFixture()
  const clip = aClip({ local_path: join(folder, 'clip.mp4') })
  await writeFile(clip.local_path, 'video')
  pipeline.repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: 'a' })
  pipeline.draw = async () => err(pluginError(kind, message))
  await pipeline.run()
  const { clock, runner } = pipeline.stages
  const { index, repository, storage, artifacts, keys } = pipeline
  const { stages, openFile } = pipeline.deps()
  const start = (open = openFile) =>
    sweepUploads({ index, repository, storage, keys, runner, stages, artifacts, openFile: open, clock, firstDelayMs: 1000 })
  /** The file system needs real time, however fast the clock runs. */
  const sweepUntil = async (isReached: () => boolean, open = openFile) => {
    await using _sweeper = start(open)
    await expect.poll(async () => (await clock.advance(900_000), isReached()), { interval: 1 }).toBe(true)
  }
  return { pipeline, clock, clip, index, sweepUntil, kept: () => pipeline.index.get(clip.clip_id) }
}

describe('a picture', () => {
  test('that the file cannot give is given up with the reason, and nothing more is owed', async () => {
    const { pipeline, index, kept } = await withoutPicture('invalid')
    expect(pipeline.state()).toMatchObject({
      status: 'done',
      thumbnail_uri: null,
      thumbnail_failure: { attempts: 1, last_error: 'invalid: no picture in it can be decoded', given_up: true },
    })
    const said = pipeline.stages.log.lines.filter(({ fields }) => fields['event_type'] === 'thumbnail_given_up')
    expect(said).toMatchObject([{ level: 'warn', fields: { error: 'no picture in it can be decoded', attempts: 1 } }])
    expect([index.owingCount, kept()]).toMatchObject([0, { prunable: 'done', isThrough: true, debts: [] }])
  })

  test.each([
    { kind: 'timeout', tries: 5 },
    { kind: 'bug', tries: 3 },
    { kind: 'unavailable', tries: 50 },
  ] as const)('that fails as $kind is tried again, $tries times in all', async ({ kind, tries }) => {
    const { pipeline, index, sweepUntil } = await withoutPicture(kind)
    expect([index.owingCount, pipeline.state().thumbnail_failure]).toMatchObject([1, { attempts: 1, given_up: false }])
    await sweepUntil(() => index.owingCount === 0)
    expect(pipeline.state().thumbnail_failure).toMatchObject({ attempts: tries, given_up: true })
    expect(pipeline.thumbnails).toBe(tries)
  })

  test('is tried as often as its last reason allows, whatever failed it before', async () => {
    const { pipeline, index, sweepUntil } = await withoutPicture('unavailable')
    await sweepUntil(() => (pipeline.state().thumbnail_failure?.attempts ?? 0) > 6)
    pipeline.draw = async () => err(pluginError('timeout', 'too slow'))
    await sweepUntil(() => index.owingCount === 0)
    expect(pipeline.state().thumbnail_failure).toEqual({ attempts: 5, last_error: 'timeout: too slow', given_up: true })
  })

  test('that is made at a later try is stored, and its failures are forgotten', async () => {
    const { pipeline, index, sweepUntil } = await withoutPicture('unavailable', 'ffmpeg was killed')
    pipeline.draw = async () => ok(Buffer.from('jpeg'))
    await sweepUntil(() => index.owingCount === 0)
    expect(pipeline.state()).toMatchObject({ thumbnail_uri: 'memory:clips/front_door/front_door_1767225600.jpg', thumbnail_failure: null })
  })

  test('that was made is brought to the storage however long that is down', async () => {
    const { pipeline, index, sweepUntil } = await withoutPicture('unavailable')
    pipeline.draw = async () => ok(Buffer.from('jpeg'))
    pipeline.storage.fails = pluginError('unavailable', 'down')
    await sweepUntil(() => pipeline.storage.puts.length > 40)
    expect(pipeline.state().thumbnail_failure).toMatchObject({ given_up: false })
    pipeline.storage.fails = null
    await sweepUntil(() => index.owingCount === 0)
    expect(pipeline.state().thumbnail_uri).not.toBeNull()
  })

  test.each(['unavailable', 'rejected'] as const)('of a clip that the storage does not give back now (%s) waits for it', async (kind) => {
    const { pipeline, index, sweepUntil } = await withoutPicture('timeout')
    let asked = 0
    await sweepUntil(
      () => asked > 30,
      async () => {
        asked += 1
        return { path: '/nowhere', notFetched: pluginError(kind, 'not now'), [Symbol.asyncDispose]: async () => undefined }
      },
    )
    expect([index.owingCount, pipeline.state().thumbnail_failure]).toMatchObject([1, { attempts: 1, given_up: false }])
  })

  test('of a clip that the storage has lost is given up', async () => {
    const { pipeline, index, sweepUntil } = await withoutPicture('timeout')
    const notFetched = pluginError('invalid', 'no such object')
    const lost = async () => ({ path: '/nowhere', notFetched, [Symbol.asyncDispose]: async () => undefined })
    await sweepUntil(() => index.owingCount === 0, lost)
    expect(pipeline.state().thumbnail_failure).toMatchObject({ last_error: 'invalid: no such object', given_up: true })
  })
})
