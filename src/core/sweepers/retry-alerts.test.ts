import { describe, expect, test } from 'vitest'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import { aClip, aFilterResult } from '../../testkit/builders.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { sweepAlerts } from './retry-alerts.ts'

const DOWN = err(pluginError('unavailable', 'down'))

/** A clip that was announced while `phone` answered like this; its end is ten seconds ahead of the clock. */
async function announcedWhile(answer: Result<void, PluginError>) {
  const pipeline = new PipelineFixture()
  pipeline.send = async () => answer
  const running = pipeline.run()
  const { clock, runner } = pipeline.stages
  await clock.advance(60_000)
  await running
  let tries = 0
  const phone = {
    send: async () => {
      tries += 1
      return answer
    },
    sendSystem: async () => ok(),
  }
  const start = (changes: { readonly told?: string[] } = {}) => {
    const slot = (name: string, notifier: typeof phone) => ({ name, notifier, slots: new Semaphore(1) })
    const other = {
      ...phone,
      send: async () => {
        changes.told?.push('other')
        return ok()
      },
    }
    const { repository, index, artifacts } = pipeline
    const notifiers = [slot('phone', phone), slot('other', other)]
    const { openFile } = pipeline.deps()
    const { route, ended, withdraw } = pipeline.announcing()
    const limits = { notifyTimeoutMs: 1000, firstDelayMs: 1000, alertMaxAgeMs: 3_600_000 }
    return sweepAlerts({ repository, index, artifacts, openFile, runner, clock, notifiers, route, ended, withdraw, ...limits })
  }
  return { pipeline, clock, start, tries: () => tries, comesBack: () => void (answer = ok()) }
}

test('a notifier that was out of reach is told once it is back, once, and nobody else is told again', async () => {
  const { pipeline, clock, start, tries, comesBack } = await announcedWhile(DOWN)
  expect(pipeline.state().status).toBe('done')
  const told: string[] = []
  await using _sweeper = start({ told })
  await clock.advance(1_800_000)
  const inVain = tries()
  expect(inVain).toBeGreaterThan(3)
  expect(inVain).toBeLessThan(20)
  comesBack()
  await clock.advance(1_200_000)
  await pipeline.repository.settled(aClip().clip_id)
  expect(pipeline.state().notifications['phone']).toMatchObject({ status: 'ok' })
  await clock.advance(600_000)
  expect([tries(), told]).toEqual([inVain + 1, []])
})

test('a clip that is history is not alerted for any more', async () => {
  const { clock, start, tries, comesBack } = await announcedWhile(DOWN)
  await using _sweeper = start()
  await clock.advance(3_700_000)
  const inVain = tries()
  comesBack()
  await clock.advance(3_600_000)
  expect(tries()).toBe(inVain)
})

test('a notifier that refuses the alert is not asked again', async () => {
  const { clock, start, tries } = await announcedWhile(err(pluginError('rejected', 'wrong key')))
  await using _sweeper = start()
  await clock.advance(1_800_000)
  expect(tries()).toBe(0)
})

describe('a first alert whose second stage did not get through', () => {
  /** Everything after the first alert fails while `down`, and the clip is through the pipeline. */
  async function halfTold(changes: Parameters<PipelineFixture['run']>[0]) {
    const pipeline = new PipelineFixture()
    pipeline.mode = 'instant'
    let down = true
    pipeline.send = async ({ stage }) => (down && stage !== 'first' ? DOWN : ok())
    pipeline.filter = async (_signal, onHit) => {
      onHit(aFilterResult())
      await settle() // the hit is told before the scan ends
      return ok(aFilterResult())
    }
    const running = pipeline.run(changes)
    const { clock, runner } = pipeline.stages
    await expect.poll(() => pipeline.state().alert_decision).not.toBeNull()
    await settle()
    await clock.advance(60_000)
    await running
    const { repository, index, artifacts } = pipeline
    const { openFile } = pipeline.deps()
    const limits = { notifyTimeoutMs: 1000, firstDelayMs: 1000, alertMaxAgeMs: 3_600_000 }
    const start = () => sweepAlerts({ repository, index, artifacts, openFile, runner, clock, ...pipeline.announcing(), ...limits })
    return { pipeline, clock, start, comesBack: () => void (down = false) }
  }
  const REJECT = { decide: () => ({ notify: false, notify_reason: 'below_threshold' }) }

  test.each([
    ['is withdrawn', REJECT, 'phone withdrawn'],
    ['is confirmed', {}, 'phone verdict'],
    ['is said to be unverified', { ...REJECT, shouldAnalyze: () => ({ run: false, reason: 'budget' }) as const }, 'phone verdict'],
  ])('%s once the notifier is back, also when the clip is too old for a new alert, once', async (_what, changes, expected) => {
    const { pipeline, clock, start, comesBack } = await halfTold(changes)
    expect(pipeline.told).toEqual(['phone first'])
    await using _sweeper = start()
    await clock.advance(3 * 3_600_000)
    comesBack()
    await clock.advance(3_600_000)
    expect(pipeline.told).toEqual(['phone first', expected])
    expect(pipeline.index.owing('second_stage')).toEqual([])
  })

  test('is left as it is after a day', async () => {
    const { pipeline, clock, start, comesBack } = await halfTold(REJECT)
    await clock.advance(25 * 3_600_000)
    await using _sweeper = start()
    comesBack()
    await clock.advance(3_600_000)
    expect(pipeline.told).toEqual(['phone first'])
  })

  test('is withdrawn when its owner deletes the clip, though nothing else of it is left', async () => {
    const { pipeline, clock, start, comesBack } = await halfTold({})
    using _held = pipeline.repository.holdLoaded(pipeline.state().clip_id)
    const held = await pipeline.repository.hold(pipeline.state().clip_id)
    expect(held.ok).toBe(true)
    pipeline.repository.record(pipeline.state().clip_id, {
      event_type: 'clip_deleted',
      deleted_local: true,
      deleted_storage: true,
      reason: 'owner',
    })
    comesBack()
    await using _sweeper = start()
    await clock.advance(60_000)
    expect(pipeline.told).toEqual(['phone first', 'phone withdrawn'])
    expect(pipeline.state().first_alerts['phone']?.withdrawal?.status).toBe('ok')
  })
})

test('what is owed from before is held back like anything else when it is quiet by then', async () => {
  const { pipeline, clock, start } = await announcedWhile(DOWN)
  pipeline.route = () => ({ do: 'hold', reason: 'quiet_hours' })
  await using _sweeper = start()
  await clock.advance(60_000)
  await pipeline.repository.settled(aClip().clip_id)
  expect(pipeline.state().notifications['phone']).toMatchObject({ status: 'skipped', last_error: 'held: quiet_hours' })
})
