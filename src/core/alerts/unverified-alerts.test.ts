import { describe, expect, test } from 'vitest'
import { pluginError } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { aFilterResult } from '../../testkit/builders.ts'
import { settle } from '../../testkit/fake-clock.ts'
import type { Consider } from './first-alerts.ts'
import { instant } from '../../testkit/instant-pipeline.ts'

const REJECT = { decide: () => ({ notify: false, notify_reason: 'below_threshold' }) }

/** A scan that goes on until its hit has been told. */
async function seenEarly(_signal: AbortSignal, onHit: Consider) {
  onHit(aFilterResult())
  await settle()
  return ok(aFilterResult())
}

describe('what nobody could judge is not withdrawn: who got the first alert hears so', () => {
  const unverified = (notify_reason: string) => [{ stage: 'first' }, { stage: 'verdict', notify_reason, risk_level: null }]

  test('when the detector fails after its hit', async () => {
    const { pipeline } = instant(['phone', 'siren'])
    pipeline.send = async (_alert, _media, notifier) => (notifier === 'siren' ? err(pluginError('unavailable', 'down')) : ok())
    pipeline.filter = async (_signal, onHit) => {
      onHit(aFilterResult())
      await settle()
      return err(pluginError('invalid', 'the rest of it is broken'))
    }
    expect(await pipeline.run()).toMatchObject({ status: 'error', first_alerts: { phone: { withdrawal: null } } })
    expect(pipeline.told).toEqual(['phone first', 'phone verdict'])
    expect(pipeline.sent).toMatchObject(unverified('unverified: detection failed'))
  })

  test('when the budget is spent between the two', async () => {
    const { pipeline } = instant()
    pipeline.filter = seenEarly
    await pipeline.run({ ...REJECT, shouldAnalyze: () => ({ run: false, reason: 'budget' }) })
    expect(pipeline.sent).toMatchObject(unverified('unverified: not analysed (budget)'))
  })

  test('when the analysis fails and retry.on_exhausted is fail', async () => {
    const { pipeline } = instant()
    pipeline.vlm = async () => err(pluginError('invalid', 'prose'))
    expect(await pipeline.run({ decideWithoutAnalysis: false })).toMatchObject({ alert_decision: { notify: false } })
    expect(pipeline.sent).toMatchObject(unverified('unverified: analysis failed'))
  })
})

describe('a silence that comes after the first alert', () => {
  test.each([
    ['a verdict that alerts still replaces it', {}, 'phone verdict'],
    ['a verdict that does not still withdraws it', REJECT, 'phone withdrawn'],
  ])('%s', async (_what, changes, expected) => {
    const { pipeline, judge } = instant()
    const running = pipeline.run(changes)
    await expect.poll(() => pipeline.told).toEqual(['phone first'])
    pipeline.settings = { ...pipeline.settings, alerts_on: false }
    judge()
    await running
    expect(pipeline.told).toEqual(['phone first', expected])
  })

  test('holds for a clip of which nobody was told', async () => {
    const { pipeline, judge } = instant()
    pipeline.send = async () => err(pluginError('unavailable', 'down'))
    const running = pipeline.run()
    await expect.poll(() => pipeline.state().first_alerts['phone']?.delivery.status).toBe('error')
    pipeline.settings = { ...pipeline.settings, alerts_on: false }
    judge()
    expect(await running).toMatchObject({ alert_decision: { notify: false, notify_reason: 'alerts_off' } })
  })
})
