import { describe, expect, test } from 'vitest'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { aFilterResult, NOTHING_DETECTED } from '../testkit/builders.ts'
import { settle } from '../testkit/fake-clock.ts'
import { DOWN, PipelineFixture } from '../testkit/pipeline-fixture.ts'

const never = () => new Promise<never>(() => undefined)
const DELETED = { event_type: 'clip_deleted', deleted_local: true, deleted_storage: false, reason: 'owner' } as const

/** Runs the clip while time passes, so that waits for retries end. */
async function runThrough(pipeline: PipelineFixture, changes: Parameters<PipelineFixture['run']>[0] = {}) {
  const running = pipeline.run(changes)
  await pipeline.stages.clock.advance(60_000)
  return running
}

describe('a clip on its way', () => {
  test('ends stored, analysed, told and done', async () => {
    const pipeline = new PipelineFixture()
    const state = await pipeline.run()
    expect(state).toMatchObject({ status: 'done', storage_uri: 'memory:clips/front_door/front_door_1767225600.mp4' })
    expect(pipeline.sent).toMatchObject([
      { risk_level: 'high', view_url: 'https://home/clips/front_door/front_door_1767225600.mp4', upload_failed: false },
    ])
    expect([...pipeline.storage.objects].map((uri) => uri.split('.').slice(1).join('.')).sort()).toEqual(['analysis.json', 'jpg', 'mp4'])
    expect(pipeline.slotReleased).toBe(true)
  })

  test('leaves its events in order', async () => {
    const pipeline = new PipelineFixture()
    await pipeline.run()
    const types = pipeline.eventTypes()
    const order = ['clip_recorded', 'filter_started', 'filter_completed', 'vlm_started', 'vlm_completed', 'alert_decision_made']
    expect(types.filter((type) => order.includes(type))).toEqual(order)
    expect(types.slice(-1)).toEqual(['clip_finished'])
    expect(types.indexOf('notification_sent')).toBeGreaterThan(types.indexOf('alert_decision_made'))
  })

  test('is analysed while it is still being uploaded', async () => {
    const pipeline = new PipelineFixture()
    pipeline.storage.gate = never()
    const running = pipeline.run()
    await settle()
    expect(pipeline.eventTypes()).toContain('vlm_started')
    pipeline.stop.abort()
    await running
  })

  test('nobody is asked to make a picture of a clip in which nothing was seen and nobody is told', async () => {
    const pipeline = new PipelineFixture()
    pipeline.filter = async () => ok(NOTHING_DETECTED)
    await pipeline.run({ decide: () => ({ notify: false, notify_reason: 'nothing_detected' }) })
    expect([pipeline.thumbnails, pipeline.state().status]).toEqual([0, 'done'])
  })

  test('an alert on mere motion has its picture, which is kept', async () => {
    const pipeline = new PipelineFixture()
    pipeline.filter = async () => ok(NOTHING_DETECTED)
    expect((await pipeline.run()).thumbnail_uri).not.toBeNull()
    expect(pipeline.thumbnails).toBe(1)
  })

  test('a skipped analysis is said once, and nobody is asked', async () => {
    const pipeline = new PipelineFixture()
    const state = await pipeline.run({ shouldAnalyze: () => ({ run: false, reason: 'run_mode_never' }) })
    expect(state.stages.vlm).toMatchObject({ status: 'skipped', last_error: 'run_mode_never' })
    expect(pipeline.eventTypes().filter((type) => type.startsWith('vlm'))).toEqual(['vlm_skipped'])
  })

  test('a decision against an alert is recorded, and nobody is told', async () => {
    const pipeline = new PipelineFixture()
    const state = await pipeline.run({ decide: () => ({ notify: false, notify_reason: 'below_threshold' }) })
    expect(state).toMatchObject({ status: 'done', alert_decision: { notify: false }, stages: { notify: { status: 'skipped' } } })
    expect(pipeline.sent).toEqual([])
  })
})

describe('failures', () => {
  test('a storage that is down does not keep the alert, which says so', async () => {
    const pipeline = new PipelineFixture()
    pipeline.storage.fails = pluginError('rejected', 'bad key')
    const state = await pipeline.run()
    expect(pipeline.sent).toMatchObject([{ storage_uri: null, view_url: null, upload_failed: true, upload_pending: false }])
    expect(state).toMatchObject({ status: 'done', stages: { upload: { status: 'error' } } })
    expect(pipeline.index.owing('storage')).toHaveLength(1)
  })

  test('a detector that fails again for the same reason is no news to the owner, for another one it is', async () => {
    const pipeline = new PipelineFixture()
    const kinds = ['rejected', 'rejected', 'invalid'] as const
    for (const kind of kinds) {
      pipeline.filter = async () => err(pluginError(kind, 'no'))
      expect((await pipeline.run()).status).toBe('error')
    }
    expect(pipeline.stages.exhausted.map(({ kind }) => kind)).toEqual(['rejected', 'invalid'])
  })

  test('a slow upload holds up the alert only for a while, and the slot not at all', async () => {
    const pipeline = new PipelineFixture()
    let uploaded: () => void = () => undefined
    pipeline.storage.gate = new Promise((resolve) => (uploaded = resolve))
    const running = pipeline.run()
    await expect.poll(() => pipeline.sent).toMatchObject([{ view_url: null, upload_failed: false, upload_pending: true }])
    await expect.poll(() => pipeline.slotReleased).toBe(true)
    uploaded()
    expect(await running).toMatchObject({ status: 'done', stages: { upload: { status: 'ok' } } })
  })

  test('without a filter result nothing is decided, but the clip is stored', async () => {
    const pipeline = new PipelineFixture()
    pipeline.filter = async () => err(pluginError('invalid', 'no video'))
    const state = await pipeline.run()
    expect(state).toMatchObject({ status: 'error', alert_decision: null, stages: { upload: { status: 'ok' }, vlm: { status: 'pending' } } })
    expect([pipeline.sent, pipeline.slotReleased]).toEqual([[], true])
    expect(pipeline.stages.exhausted).toMatchObject([{ stage: 'filter' }])
  })

  test('everything that fails once works at the second try', async () => {
    const pipeline = new PipelineFixture()
    const once = <T extends object>(good: T) => {
      let calls = 0
      return async () => ((calls += 1) === 1 ? DOWN : good)
    }
    pipeline.filter = once(ok(aFilterResult()))
    pipeline.vlm = once(await pipeline.vlm(pipeline.stop.signal))
    pipeline.send = once(ok())
    const state = await runThrough(pipeline)
    expect(state).toMatchObject({ status: 'done', stages: { filter: { attempts: 2 }, vlm: { attempts: 2 }, notify: { attempts: 2 } } })
  })

  test('a failed analysis is decided upon, and the alert says that it failed', async () => {
    const pipeline = new PipelineFixture()
    pipeline.vlm = async () => err(pluginError('invalid', 'prose'))
    const facts: unknown[] = []
    await pipeline.run({
      decide: (given) => {
        facts.push(given.vlm.state)
        return { notify: true, notify_reason: 'unverified: vlm failed' }
      },
    })
    expect([facts, pipeline.sent[0]?.vlm_failed, pipeline.sent[0]?.risk_level]).toEqual([['failed'], true, null])
  })

  test.each([
    ['throws', () => { throw new Error('boom') }], // prettier-ignore
    ['returns nothing', () => undefined as never], // a stranger's JavaScript may
    ['returns a promise', () => Promise.resolve({ notify: false, notify_reason: 'x' }) as never],
  ])('a policy that %s costs nobody the alert', async (_what, decide) => {
    const pipeline = new PipelineFixture()
    expect(await pipeline.run({ decide })).toMatchObject({ status: 'done', alert_decision: { notify: true } })
    expect(pipeline.sent).toHaveLength(1)
  })

  test('a notifier that gives up leaves the clip done and the failure visible', async () => {
    const pipeline = new PipelineFixture()
    pipeline.send = async () => err(pluginError('rejected', 'bad token'))
    expect(await pipeline.run()).toMatchObject({ status: 'done', alert_sent_at: null, notifications: { phone: { status: 'error' } } })
  })
})

describe('shutdown and the life after it', () => {
  test.each(['filter', 'vlm', 'send'] as const)(
    'a shutdown during %s is no verdict, and the next life goes on from there',
    async (where) => {
      const pipeline = new PipelineFixture()
      const good = pipeline[where]
      pipeline[where] = never
      const running = pipeline.run()
      const stage = where === 'send' ? 'notify' : where
      await expect.poll(() => pipeline.state().stages[stage].status).toBe('running')
      pipeline.stop.abort()
      const state = await running
      expect(state.finished_at).toBeNull()
      expect(Object.values(state.stages).some(({ status }) => status === 'error' || status === 'running')).toBe(false)
      expect(pipeline.stages.exhausted).toEqual([])

      const next = new PipelineFixture()
      next.journal.files.set(state.clip_id, { ...state, events: [...pipeline.events] })
      if (where === 'filter') next.filter = good as typeof next.filter // the same member of the other fixture
      expect(await next.run()).toMatchObject({ status: 'done' })
      expect(next.sent).toHaveLength(1)
      expect(next.storage.puts.filter((key) => key.endsWith('.mp4'))).toEqual([])
      expect(next.eventTypes().includes('filter_started')).toBe(where === 'filter')
    },
  )

  test('a shutdown during the upload leaves the upload for the next life, and no second alert', async () => {
    const pipeline = new PipelineFixture()
    pipeline.storage.gate = never()
    const running = pipeline.run()
    await expect.poll(() => pipeline.sent).toHaveLength(1)
    pipeline.stop.abort()
    const state = await running
    expect(state).toMatchObject({ finished_at: null, stages: { upload: { status: 'pending' } } })

    const next = new PipelineFixture()
    next.journal.files.set(state.clip_id, { ...state, events: [...pipeline.events] })
    expect(await next.run()).toMatchObject({ status: 'done', stages: { upload: { status: 'ok' } } })
    expect(next.sent).toEqual([])
  })
})

describe('a clip that its owner deletes on its way', () => {
  test('is not analysed, not told, and not finished', async () => {
    const pipeline = new PipelineFixture()
    const { filter } = pipeline
    pipeline.filter = async (signal, onHit) => {
      pipeline.repository.record(pipeline.state().clip_id, DELETED)
      return filter(signal, onHit)
    }
    expect((await pipeline.run()).status).toBe('deleted')
    expect([pipeline.sent, pipeline.eventTypes().filter((type) => /vlm|finished/.test(type))]).toEqual([[], []])
  })

  test('is remembered as left in the storage when its upload ends late', async () => {
    const pipeline = new PipelineFixture()
    let uploaded: () => void = () => undefined
    pipeline.storage.gate = new Promise((resolve) => (uploaded = resolve))
    const running = pipeline.run()
    await settle()
    pipeline.repository.record(pipeline.state().clip_id, DELETED)
    uploaded()
    await running
    expect(pipeline.index.owing('storage')).toHaveLength(1)
  })
})

describe('who does not want to hear of it now', () => {
  test('is left out, and the journal says why', async () => {
    const pipeline = new PipelineFixture()
    pipeline.notifiers = ['phone', 'siren', 'garage']
    const routes = { phone: { do: 'hold', reason: 'quiet_hours' }, siren: { do: 'send' }, garage: { do: 'skip', reason: 'x' } } as const
    pipeline.route = (_alert, notifier) => routes[notifier as keyof typeof routes] // the names above
    expect(await pipeline.run()).toMatchObject({
      status: 'done',
      notifications: {
        phone: { status: 'skipped', last_error: 'held: quiet_hours' },
        siren: { status: 'ok' },
        garage: { status: 'skipped', last_error: 'x' },
      },
      stages: { notify: { status: 'ok', last_error: null } },
    })
    expect(pipeline.told).toEqual(['siren verdict'])
    expect(pipeline.index.owing('alert')).toEqual([])
  })

  test('leaves the clip untold when that is everybody, and is not asked again by the next life', async () => {
    const pipeline = new PipelineFixture()
    pipeline.route = () => ({ do: 'hold', reason: 'cooldown' })
    pipeline.storage.gate = never()
    const running = pipeline.run()
    await expect.poll(() => pipeline.state().stages.notify).toMatchObject({ status: 'skipped', last_error: 'held: cooldown' })
    pipeline.stop.abort()
    const state = await running
    expect(state).toMatchObject({ alert_sent_at: null, alert_decision: { notify: true } })
    const next = new PipelineFixture()
    next.journal.files.set(state.clip_id, { ...state, events: [...pipeline.events] })
    await next.run()
    expect(next.told).toEqual([])
  })

  test('is asked again when its turn comes, as another clip may have been told by then', async () => {
    const pipeline = new PipelineFixture()
    let asked = 0
    pipeline.route = () => ((asked += 1) === 1 ? { do: 'send' } : { do: 'hold', reason: 'cooldown' })
    pipeline.send = async () => err(pluginError('unavailable', 'busy'))
    const running = pipeline.run()
    await pipeline.stages.clock.advance(60_000)
    expect((await running).notifications['phone']).toMatchObject({ status: 'skipped', last_error: 'held: cooldown' })
  })

  test('at first may want to hear the verdict', async () => {
    const pipeline = new PipelineFixture()
    pipeline.mode = 'instant'
    pipeline.route = ({ stage }) => (stage === 'first' ? { do: 'hold', reason: 'quiet_hours' } : { do: 'send' })
    expect((await pipeline.run()).first_alerts).toEqual({})
    expect(pipeline.told).toEqual(['phone verdict'])
  })
})
