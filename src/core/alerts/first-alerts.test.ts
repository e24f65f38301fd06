import { describe, expect, test } from 'vitest'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { aFilterResult, NOTHING_DETECTED } from '../../testkit/builders.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { gate, instant } from '../../testkit/instant-pipeline.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'

const DELETED = { event_type: 'clip_deleted', deleted_local: true, deleted_storage: false, reason: 'owner' } as const
const REJECT = { decide: () => ({ notify: false, notify_reason: 'below_threshold' }) }
const never = () => new Promise<never>(() => undefined)

/** The next life of a clip whose process was killed. */
function nextLife(before: PipelineFixture): PipelineFixture {
  const next = new PipelineFixture()
  next.mode = 'instant'
  next.notifiers = before.notifiers
  const state = before.state()
  next.journal.files.set(state.clip_id, { ...state, events: [...before.events] })
  return next
}

describe('the first alert', () => {
  test('goes out with its picture while the analysis runs, and the verdict replaces it', async () => {
    const { pipeline, judge } = instant()
    pipeline.send = async (_alert, media) => {
      media.onReceipt?.('message 7')
      return ok()
    }
    const running = pipeline.run()
    await expect.poll(() => pipeline.told).toEqual(['phone first'])
    expect(pipeline.sent[0]).toMatchObject({ stage: 'first', risk_level: null, summary: null, notify_reason: 'detected_class=person' })
    expect(pipeline.media[0]).toMatchObject({ replaces: null, thumbnail: Buffer.from('jpeg') })
    expect(pipeline.state()).toMatchObject({ alert_sent_at: null, stages: { notify: { status: 'pending' } } })
    judge()
    const state = await running
    expect(pipeline.told).toEqual(['phone first', 'phone verdict'])
    expect(pipeline.sent[1]).toMatchObject({ stage: 'verdict', risk_level: 'high', dedupe_key: pipeline.sent[0]?.dedupe_key })
    expect(pipeline.media[1]).toMatchObject({ replaces: 'message 7' })
    expect(state).toMatchObject({ status: 'done', first_alerts: { phone: { receipt: 'message 7', withdrawal: null } } })
    expect(pipeline.thumbnails).toBe(1)
  })

  test('is withdrawn from those that got it, and only those, when the verdict is no', async () => {
    const { pipeline, judge } = instant(['phone', 'siren'])
    pipeline.send = async (alert, media, notifier) => {
      if (notifier === 'siren' && alert.stage === 'first') return err(pluginError('unavailable', 'down'))
      media.onReceipt?.('message 7')
      return ok()
    }
    judge()
    const state = await pipeline.run(REJECT)
    expect(pipeline.told).toEqual(['phone first', 'phone withdrawn'])
    expect(pipeline.sent[1]).toMatchObject({ notify_reason: 'below_threshold', risk_level: 'high' })
    expect(pipeline.media[1]).toMatchObject({ replaces: 'message 7' })
    expect(state).toMatchObject({
      status: 'done',
      notifications: {},
      stages: { notify: { status: 'skipped', last_error: 'below_threshold' } },
      first_alerts: { phone: { withdrawal: { status: 'ok' } }, siren: { delivery: { status: 'error' }, withdrawal: null } },
    })
  })

  test('does not wait for a picture where none is shown', async () => {
    const { pipeline, judge } = instant(['phone', 'display'])
    pipeline.blind = ['display']
    const drawing = gate()
    pipeline.draw = async () => {
      await drawing.opens
      return ok(Buffer.from('jpeg'))
    }
    const running = pipeline.run()
    await expect.poll(() => pipeline.told).toEqual(['display first'])
    drawing.open()
    await expect.poll(() => pipeline.told).toEqual(['display first', 'phone first'])
    expect(pipeline.media.map(({ thumbnail }) => thumbnail)).toEqual([null, Buffer.from('jpeg')])
    judge()
    await running
  })

  test('does not wait for a full scan: it shows what was found so far', async () => {
    const { pipeline, judge } = instant()
    const scan = gate()
    pipeline.filter = async (_signal, onHit) => {
      onHit(aFilterResult({ best_frame_s: 1, confidence: 0.6 }))
      await scan.opens
      return ok(aFilterResult({ best_frame_s: 5, detected_classes: ['person', 'dog'] }))
    }
    const running = pipeline.run()
    await expect.poll(() => pipeline.sent).toMatchObject([{ detected_classes: ['person'], confidence: 0.6 }])
    expect(pipeline.eventTypes()).not.toContain('filter_completed')
    scan.open()
    judge()
    await running
    expect(pipeline.sent).toMatchObject([{ stage: 'first' }, { stage: 'verdict', detected_classes: ['person', 'dog'] }])
    expect(pipeline.thumbnails).toBe(2)
  })

  test('waits for the first finding that will be judged', async () => {
    const { pipeline, judge } = instant()
    pipeline.filter = async (_signal, onHit) => {
      onHit(NOTHING_DETECTED)
      return ok(aFilterResult())
    }
    judge()
    await pipeline.run()
    expect(pipeline.told).toEqual(['phone first', 'phone verdict'])
  })

  test('is not sent when nothing will be judged: the decision is as fast', async () => {
    const { pipeline } = instant()
    const gated = { run: false, reason: 'run_mode_never' } as const
    const firstAlerts = pipeline.announcingAnew({ shouldAnalyze: () => gated }).firstAlerts
    await pipeline.run({ firstAlerts, shouldAnalyze: () => gated })
    expect(pipeline.told).toEqual(['phone verdict'])
  })

  test('is not sent for a clip that cannot come to alert', async () => {
    const { pipeline, judge } = instant()
    judge()
    await pipeline.run({ firstAlerts: pipeline.announcingAnew({ mayAlert: () => false }).firstAlerts })
    expect(pipeline.told).toEqual(['phone verdict'])
  })

  test('is not sent in verified mode', async () => {
    const { pipeline, judge } = instant()
    pipeline.mode = 'verified'
    judge()
    await pipeline.run()
    expect(pipeline.told).toEqual(['phone verdict'])
  })

  test('is not overtaken by the verdict, and a notifier that hangs delays no other', async () => {
    const { pipeline, judge } = instant(['siren', 'phone'])
    const siren = gate()
    pipeline.send = async (alert, _media, notifier) => {
      if (notifier === 'siren' && alert.stage === 'first') await siren.opens
      return ok()
    }
    judge()
    const running = pipeline.run()
    await expect.poll(() => pipeline.told).toEqual(['phone first', 'phone verdict'])
    await settle()
    expect(pipeline.told).toHaveLength(2)
    siren.open()
    await running
    expect(pipeline.told.slice(2)).toEqual(['siren first', 'siren verdict'])
  })

  test('is dropped when its turn comes only after the decision', async () => {
    const { pipeline, judge } = instant()
    const drawing = gate()
    pipeline.draw = async () => {
      await drawing.opens
      return ok(Buffer.from('jpeg'))
    }
    judge()
    const running = pipeline.run()
    await expect.poll(() => pipeline.state().alert_decision).not.toBeNull()
    drawing.open()
    expect((await running).first_alerts).toEqual({})
    expect(pipeline.told).toEqual(['phone verdict'])
  })

  test('whose turn has not come when the clip is decided keeps the verdict from no place in the queue', async () => {
    const { pipeline, judge } = instant()
    const [phone] = pipeline.announcing().notifiers
    if (phone === undefined) throw new Error('there is no notifier')
    const live = new AbortController().signal
    const [hanging] = await Promise.all([phone.slots.acquire(live), phone.slots.acquire(live)])
    judge()
    const running = pipeline.run()
    await expect.poll(() => pipeline.state().alert_decision).not.toBeNull()
    await settle()
    void phone.slots.acquire(live) // the alert of a later clip, which will hang as well
    hanging?.[Symbol.dispose]()
    expect(await running).toMatchObject({ status: 'done', first_alerts: {}, notifications: { phone: { status: 'ok' } } })
    expect(pipeline.sent).toMatchObject([{ stage: 'verdict' }])
    expect(pipeline.media[0]?.replaces).toBeNull()
  })

  test('that hangs holds the verdict no longer than its own time limit', async () => {
    const { pipeline, judge } = instant()
    pipeline.send = async (alert) => (alert.stage === 'first' ? never() : ok())
    judge()
    const running = pipeline.run(pipeline.announcingAnew({ timeoutMs: 50 }))
    await expect.poll(() => pipeline.state().alert_decision).not.toBeNull()
    await pipeline.stages.clock.advance(50)
    const state = await running
    expect(state.first_alerts['phone']?.delivery).toMatchObject({ status: 'error', attempts: 1 })
    expect(pipeline.told).toEqual(['phone verdict'])
  })

  test('is dropped when its turn comes only after another clip of that camera was told', async () => {
    const { pipeline, judge } = instant()
    const drawing = gate()
    pipeline.draw = async () => {
      await drawing.opens
      return ok(Buffer.from('jpeg'))
    }
    const running = pipeline.run(REJECT)
    await settle()
    pipeline.route = () => ({ do: 'hold', reason: 'cooldown' })
    drawing.open()
    await settle()
    judge()
    await running
    expect(pipeline.told).toEqual([])
  })

  test('is tried once; the verdict is then told as if there had been none', async () => {
    const { pipeline, judge } = instant()
    pipeline.send = async (alert) => (alert.stage === 'first' ? err(pluginError('unavailable', 'down')) : ok())
    judge()
    const asked: boolean[] = []
    pipeline.route = (_alert, _notifier, has) => {
      asked.push(has)
      return { do: 'send' }
    }
    expect((await pipeline.run()).first_alerts['phone']?.delivery.attempts).toBe(1)
    expect([pipeline.told, asked.includes(true)]).toEqual([['phone verdict'], false])
    expect(pipeline.stages.exhausted).toEqual([])
  })

  test.each([
    ['too long', 'x'.repeat(1001)],
    ['empty', ''],
  ])('a receipt that is %s is none, and the alert is delivered all the same', async (_what, receipt) => {
    const { pipeline, judge } = instant()
    pipeline.send = async (_alert, media) => {
      media.onReceipt?.(receipt)
      return ok()
    }
    judge()
    expect((await pipeline.run()).first_alerts['phone']).toMatchObject({ receipt: null, delivery: { status: 'ok' } })
  })
})

describe('what was said at first is withdrawn', () => {
  test('when its owner deletes the clip meanwhile', async () => {
    const { pipeline, judge } = instant()
    const running = pipeline.run()
    await expect.poll(() => pipeline.told).toEqual(['phone first'])
    pipeline.repository.record(pipeline.state().clip_id, DELETED)
    judge()
    expect((await running).status).toBe('deleted')
    expect(pipeline.told).toEqual(['phone first', 'phone withdrawn'])
    expect(pipeline.sent[1]).toMatchObject({ notify_reason: 'clip_deleted', detected_classes: [] })
  })

  test('also by a notifier that only may have got it: its answer did not come in time', async () => {
    const { pipeline, judge } = instant()
    const timeout: Result<void, PluginError> = err(pluginError('timeout', 'no answer'))
    pipeline.send = async (alert) => (alert.stage === 'first' ? timeout : ok())
    judge()
    await pipeline.run(REJECT)
    expect(pipeline.told).toEqual(['phone withdrawn'])
  })

  test('but not when the analysis failed and the policy alerts all the same', async () => {
    const { pipeline } = instant()
    pipeline.vlm = async () => err(pluginError('invalid', 'prose'))
    await pipeline.run({ decide: () => ({ notify: true, notify_reason: 'unverified: vlm failed' }) })
    expect(pipeline.sent).toMatchObject([{ stage: 'first' }, { stage: 'verdict', vlm_failed: true }])
  })
})

describe('after a kill', () => {
  test.each([
    ['the verdict follows', {}, ['phone verdict']],
    ['it is withdrawn', REJECT, ['phone withdrawn']],
  ])('a first alert that was delivered is not sent again; %s', async (_what, changes, expected) => {
    const { pipeline } = instant()
    pipeline.send = async (_alert, media) => {
      media.onReceipt?.('message 7')
      return ok()
    }
    void pipeline.run()
    await expect.poll(() => pipeline.state().first_alerts['phone']?.delivery.status).toBe('ok')
    const next = nextLife(pipeline)
    expect(await next.run(changes)).toMatchObject({ status: 'done' })
    expect([next.told, next.media[0]?.replaces]).toEqual([expected, 'message 7'])
    pipeline.stop.abort()
  })

  test('one that may have been delivered is not sent again either', async () => {
    const { pipeline } = instant()
    pipeline.send = never
    void pipeline.run()
    await expect.poll(() => pipeline.state().first_alerts['phone']?.delivery.status).toBe('running')
    const next = nextLife(pipeline)
    await next.run()
    expect(next.told).toEqual(['phone verdict'])
    pipeline.stop.abort()
  })

  test('a withdrawal that was cut short is made up for', async () => {
    const { pipeline, judge } = instant()
    pipeline.send = (alert) => (alert.stage === 'first' ? Promise.resolve(ok()) : never())
    judge()
    void pipeline.run(REJECT)
    await expect.poll(() => pipeline.state().first_alerts['phone']?.withdrawal?.status).toBe('running')
    const next = nextLife(pipeline)
    await next.run(REJECT)
    expect(next.told).toEqual(['phone withdrawn'])
    pipeline.stop.abort()
  })

  test('a clip too old to alert still tells its verdict to everybody once somebody got the first alert, as no digest counts it', async () => {
    const { pipeline } = instant(['phone', 'siren'])
    pipeline.send = async (_alert, _media, notifier) => (notifier === 'siren' ? err(pluginError('unavailable', 'down')) : ok())
    void pipeline.run()
    await expect.poll(() => pipeline.state().first_alerts['siren']?.delivery.status).toBe('error')
    await expect.poll(() => pipeline.state().first_alerts['phone']?.delivery.status).toBe('ok')
    const next = nextLife(pipeline)
    next.tooLate = true
    await next.run()
    expect(next.told).toEqual(['phone verdict', 'siren verdict'])
    pipeline.stop.abort()
  })
})
