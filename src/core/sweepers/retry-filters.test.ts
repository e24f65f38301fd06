import { expect, test } from 'vitest'
import { pluginError, type ErrorKind } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { aClip, aFilterResult } from '../../testkit/builders.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { sweepFilters } from './retry-filters.ts'

/** A clip that ended because its detector failed like this. */
async function endedWith(kind: ErrorKind) {
  const pipeline = new PipelineFixture()
  const { clock, runner } = pipeline.stages
  let runs = 0
  pipeline.filter = async () => err(pluginError(kind, 'no'))
  const first = pipeline.run()
  await clock.advance(60_000)
  await first
  const run = async () => {
    runs += 1
    await pipeline.run()
  }
  const { index, repository } = pipeline
  const start = () => sweepFilters({ index, repository, intake: { run }, clock, random: runner.random, firstDelayMs: 1000 })
  return { pipeline, clock, start, runs: () => runs }
}

test('a clip whose detector was out of reach is finished once it is back, and alerts', async () => {
  const { pipeline, clock, start, runs } = await endedWith('unavailable')
  expect(pipeline.state().status).toBe('error')
  await using _sweeper = start()
  await clock.advance(1_800_000)
  expect(runs()).toBeGreaterThan(2)
  expect(runs()).toBeLessThan(15)
  pipeline.filter = async () => ok(aFilterResult())
  await clock.advance(1_200_000)
  await pipeline.repository.settled(aClip().clip_id)
  const tried = runs()
  expect([pipeline.state().status, pipeline.sent.length]).toEqual(['done', 1])
  await clock.advance(1_200_000)
  expect(runs()).toBe(tried)
})

test.each(['invalid', 'rejected', 'bug'] as const)('a clip whose detector failed as %s is left alone', async (kind) => {
  const { clock, start, runs } = await endedWith(kind)
  await using _sweeper = start()
  await clock.advance(1_800_000)
  expect(runs()).toBe(0)
})
