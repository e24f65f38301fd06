import { expect, test } from 'vitest'
import type { ClipFact } from '../../contracts/clip-events.ts'
import { ok } from '../../contracts/result.ts'
import { aClip, aFilterResult } from '../../testkit/builders.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { DOWN, PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { sweepAlerts } from './retry-alerts.ts'

const LIMITS = { notifyTimeoutMs: 60_000, firstDelayMs: 1000, alertMaxAgeMs: 3_600_000 }
const never = () => new Promise<never>(() => undefined)

function failed(notifier: string): ClipFact {
  const error = { kind: 'unavailable', message: 'down', plugin: notifier } as const
  return { event_type: 'notification_failed', notifier, attempt: 1, duration_ms: 1, will_retry: false, error }
}

/** Finished clips, each owed to these notifiers; the last is the newest. */
function owed(...debtors: readonly (readonly string[])[]) {
  const pipeline = new PipelineFixture()
  pipeline.notifiers = ['dead', 'phone']
  debtors.forEach((names, nth) => {
    const clip = aClip({ clip_id: `front_door_${nth}.mp4`, content_sha256: String(nth).repeat(64) })
    pipeline.repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: 'a' })
    const facts: ClipFact[] = [
      { event_type: 'filter_completed', attempt: 1, duration_ms: 1, filter_result: aFilterResult() },
      { event_type: 'alert_decision_made', alert_decision: { notify: true, notify_reason: 'risk_level=high' } },
      ...names.map(failed),
      { event_type: 'clip_finished' },
    ]
    for (const fact of facts) pipeline.repository.record(clip.clip_id, fact)
    void pipeline.stages.clock.advance(1000)
  })
  const { repository, index, artifacts, stages } = pipeline
  const { clock, runner } = stages
  const { openFile } = pipeline.deps()
  const tried: string[] = []
  const told: string[] = []
  const start = () => sweepAlerts({ repository, index, artifacts, openFile, runner, clock, ...pipeline.announcing(), ...LIMITS })
  const answer = (how: () => ReturnType<PipelineFixture['send']>) => {
    pipeline.send = async ({ clip_id }, _media, notifier) => {
      const nth = clip_id.slice('front_door_'.length, -'.mp4'.length)
      tried.push(`${notifier} ${nth}`)
      if (notifier === 'dead') return how()
      told.push(nth)
      return ok()
    }
  }
  return { pipeline, clock, start, answer, tried, told }
}

test.each([
  ['refuses', async () => DOWN],
  ['hangs', never],
])('what one notifier is owed does not wait for another that %s', async (_what, how) => {
  const { clock, start, answer, tried, told } = owed(['phone'], ['dead', 'phone'], ['dead'], ['dead'])
  answer(how)
  await using _sweeper = start()
  await clock.advance(2000)
  expect(told).toEqual(['1', '0'])
  expect(tried.filter((which) => which.startsWith('dead'))).toEqual(['dead 3'])
  await settle()
})

test('a notifier that is down is asked less and less often, whatever others take meanwhile', async () => {
  const { pipeline, clock, start, answer, tried } = owed(...Array.from({ length: 9 }, () => ['dead']))
  answer(async () => DOWN)
  await using _sweeper = start()
  await clock.advance(600_000)
  expect(tried.length).toBeLessThan(15)
  expect(pipeline.index.owing('alert')).toHaveLength(9)
})
