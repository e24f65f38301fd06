import { expect, test } from 'vitest'
import type { ClipFact } from '../../contracts/clip-events.ts'
import type { SystemNews } from './system-alerts.ts'
import { aClip, anAnalysis } from '../../testkit/builders.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { gate } from '../../testkit/instant-pipeline.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { WEEKDAYS } from '../../contracts/weekdays.ts'
import { HeldAlerts } from './held-alerts.ts'
import { LastSent } from './last-sent.ts'
import { NO_RULES, type RoutingRules } from './route-alert.ts'
import { sendQuietDigests } from './send-quiet-digests.ts'

/** The clock of the fixture begins at midnight UTC. */
const ASLEEP_UNTIL_ONE: RoutingRules = {
  ...NO_RULES,
  quietHours: { fromMinute: 23 * 60, toMinute: 60, days: WEEKDAYS, timeZone: 'UTC', exceptRisk: null, digest: true },
}
const RULES = new Map([
  ['phone', ASLEEP_UNTIL_ONE],
  ['siren', NO_RULES],
])
const HOUR_MS = 3_600_000

function setUp() {
  const pipeline = new PipelineFixture()
  const { clock } = pipeline.stages
  const told: (SystemNews & { readonly to: string })[] = []
  const other: { takes: boolean } = { takes: true }
  const start = (knownClips = Promise.resolve()) => {
    const held = new HeldAlerts([...RULES.keys()])
    // As a scan of the spool does at start.
    for (const state of pipeline.journal.files.values()) held.note(state)
    pipeline.repository.subscribe((_event, state) => held.note(state))
    return sendQuietDigests({
      held,
      repository: pipeline.repository,
      alerts: {
        tellOnly: async (to, news) => {
          if (other.takes) told.push({ to, ...news })
          return other.takes
        },
      },
      rules: RULES,
      knownClips,
      lastSent: new LastSent(new Map(), clock),
      clock,
      onError: (cause) => expect.fail(String(cause)),
    })
  }
  const record = async (nth: number, ...facts: ClipFact[]) => {
    const clip = aClip({ clip_id: `front_door_${nth}.mp4` })
    pipeline.repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: 'a' })
    for (const fact of facts) pipeline.repository.record(clip.clip_id, fact)
    await pipeline.repository.settled(clip.clip_id)
  }
  return { pipeline, clock, told, start, record, other }
}

const HELD: ClipFact = { event_type: 'notification_held', notifier: 'phone', reason: 'quiet_hours' }
const USAGE = { model: 'm', prompt_tokens: 1, completion_tokens: 1, cost_usd: null }
const ANALYSED: ClipFact = { event_type: 'vlm_completed', attempt: 1, duration_ms: 1, analysis_result: anAnalysis(), usage: USAGE }

test('what was held back is told in one message when it is not quiet any more, to that notifier alone, once', async () => {
  const { clock, told, start, record, pipeline } = setUp()
  await using _digests = start()
  await record(1, ANALYSED, HELD)
  await record(2, HELD)
  await clock.advance(HOUR_MS - 1000)
  expect(told).toEqual([])
  await clock.advance(HOUR_MS)
  expect(told).toMatchObject([{ to: 'phone', code: 'quiet_digest', severity: 'info' }])
  expect(told[0]?.message.split('\n')).toEqual([
    '2 alerts were held back in quiet hours:',
    'thu 00:00 front_door (high risk): A person stands at the door.',
    'thu 00:00 front_door (not judged)',
  ])
  await pipeline.repository.settled('front_door_1.mp4')
  expect(pipeline.journal.files.get('front_door_1.mp4')?.notifications['phone']).toMatchObject({ last_error: 'told_in_digest' })
})

test('after a restart, what may be told is told at once, whole, as soon as all clips are known', async () => {
  const { clock, told, start, record } = setUp()
  const scan = gate()
  await clock.advance(2 * HOUR_MS)
  await using _digests = start(scan.opens)
  await record(1, HELD)
  await clock.advance(HOUR_MS)
  expect(told).toEqual([])
  await record(2, HELD)
  scan.open()
  await settle()
  expect(told.map(({ message }) => message.split('\n')[0])).toEqual(['2 alerts were held back in quiet hours:'])
})

test('a shutdown does not wait for clips to become known', async () => {
  const { start, told } = setUp()
  await start(gate().opens)[Symbol.asyncDispose]()
  expect(told).toEqual([])
})

test('a restart before it was told forgets nothing, and one after it repeats nothing', async () => {
  const { clock, told, start, record } = setUp()
  const before = start()
  await record(1, HELD)
  await before[Symbol.asyncDispose]()
  const between = start()
  await clock.advance(2 * HOUR_MS)
  expect(told).toHaveLength(1)
  await between[Symbol.asyncDispose]()
  await using _after = start()
  await clock.advance(HOUR_MS)
  expect(told).toHaveLength(1)
})

test('a notifier that is out of reach is asked again, less and less often', async () => {
  const { clock, told, start, record, other } = setUp()
  await using _digests = start()
  await record(1, HELD)
  other.takes = false
  await clock.advance(5 * HOUR_MS)
  other.takes = true
  await clock.advance(HOUR_MS / 4)
  expect(told).toHaveLength(1)
})

test('a clip that was deleted meanwhile is not told of', async () => {
  const { clock, told, start, record } = setUp()
  await using _digests = start()
  await record(1, HELD, { event_type: 'clip_deleted', deleted_local: true, deleted_storage: false, reason: 'owner' })
  await clock.advance(2 * HOUR_MS)
  expect(told).toEqual([])
})
