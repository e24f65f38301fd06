import { describe, expect, test } from 'vitest'
import type { AlertFacts } from '../../../contracts/alert-policy.ts'
import { skipped } from '../../../contracts/stages.ts'
import { alertPolicyContract, analysed, loadPolicy, someFacts, vlmFailed } from '../../../testkit/alert-policy-contract.ts'
import { aFilterResult, NOTHING_DETECTED } from '../../../testkit/builders.ts'
import { defaultAlertPolicy } from './plugin.ts'
import { configNames } from '../../../testkit/plugin-host.ts'

alertPolicyContract('default', () => loadPolicy(defaultAlertPolicy, {}))

async function decision(config: object, facts: Partial<AlertFacts>): Promise<string> {
  await using policy = await loadPolicy(defaultAlertPolicy, config)
  const { notify, notify_reason } = policy.decide(someFacts(facts))
  return `${notify ? 'yes' : 'no'}, ${notify_reason}`
}

const person = aFilterResult({ detected_classes: ['person'] })
const dogAndCar = aFilterResult({ detected_classes: ['dog', 'car'] })
const lowDelivery = analysed({ risk_level: 'low', activity_type: 'delivery' })
const highPrank = analysed({ risk_level: 'high', activity_type: 'prank' })

describe('the first rule that matches wins', () => {
  test.each([
    [
      'motion alone',
      { notify_on_motion: true },
      { filter_result: NOTHING_DETECTED, vlm: skipped('run_mode_never') },
      'yes, notify_on_motion',
    ],
    ['motion before risk', { notify_on_motion: true }, { filter_result: person, vlm: highPrank }, 'yes, notify_on_motion'],
    ['risk above', {}, { filter_result: person, vlm: highPrank }, 'yes, risk_level=high'],
    ['risk equal', { min_risk_level: 'high' }, { filter_result: person, vlm: highPrank }, 'yes, risk_level=high'],
    ['risk before activity', { notify_on_activity_types: ['prank'] }, { filter_result: person, vlm: highPrank }, 'yes, risk_level=high'],
    [
      'activity below the risk',
      { notify_on_activity_types: ['delivery'] },
      { filter_result: person, vlm: lowDelivery },
      'yes, activity_type=delivery',
    ],
    [
      'activity before class',
      { notify_on_activity_types: ['delivery'], notify_on_classes: ['person'] },
      { filter_result: person, vlm: lowDelivery },
      'yes, activity_type=delivery',
    ],
    [
      'class after a calm judgement',
      { notify_on_classes: ['person'] },
      { filter_result: person, vlm: lowDelivery },
      'yes, detected_class=person',
    ],
    [
      'class without a judgement',
      { notify_on_classes: ['person'] },
      { filter_result: person, vlm: skipped('run_mode_never') },
      'yes, detected_class=person',
    ],
    [
      'class of a group',
      { notify_on_classes: ['vehicle'] },
      { filter_result: dogAndCar, vlm: skipped('no_trigger_classes') },
      'yes, detected_class=car',
    ],
    [
      'most confident class',
      { notify_on_classes: ['car', 'dog'] },
      { filter_result: dogAndCar, vlm: skipped('budget') },
      'yes, detected_class=dog',
    ],
    ['class before failure', { notify_on_classes: ['person'] }, { filter_result: person, vlm: vlmFailed() }, 'yes, detected_class=person'],
    ['failure', {}, { filter_result: person, vlm: vlmFailed() }, 'yes, unverified: vlm failed'],
    ['failure, nothing seen', {}, { filter_result: NOTHING_DETECTED, vlm: vlmFailed('rejected') }, 'yes, unverified: vlm failed'],
  ])('%s', async (_name, config, facts, expected) => {
    expect(await decision(config, facts)).toBe(expected)
  })
})

describe('otherwise it stays silent and says why', () => {
  const quiet = { notify_on_vlm_failure: false, min_risk_level: 'critical' }
  test.each([
    ['judged, detected', person, highPrank, 'no, below_threshold'],
    ['judged, not detected', NOTHING_DETECTED, highPrank, 'no, below_threshold'],
    ['skipped, detected', person, skipped('run_mode_never'), 'no, vlm_skipped: run_mode_never'],
    ['skipped for the budget', person, skipped('budget'), 'no, vlm_skipped: budget'],
    ['skipped, other class', dogAndCar, skipped('no_trigger_classes'), 'no, vlm_skipped: no_trigger_classes'],
    ['skipped, not detected', NOTHING_DETECTED, skipped('no_trigger_classes'), 'no, nothing_detected'],
    ['failed, detected', person, vlmFailed(), 'no, vlm_failed'],
    ['failed, not detected', NOTHING_DETECTED, vlmFailed(), 'no, nothing_detected'],
  ])('%s', async (_name, filter_result, vlm, expected) => {
    expect(await decision(quiet, { filter_result, vlm })).toBe(expected)
  })
})

describe('overrides', () => {
  const config = {
    min_risk_level: 'HIGH',
    notify_on_activity_types: ['delivery'],
    notify_on_vlm_failure: false,
    overrides: {
      front_door: { min_risk_level: 'critical' },
      backyard: { notify_on_activity_types: [] },
      constructor: { notify_on_motion: true },
    },
  }

  test('one rule of one camera is replaced, the others stay', async () => {
    expect(await decision(config, { vlm: analysed({ risk_level: 'high', activity_type: 'prank' }) })).toBe('no, below_threshold')
    expect(await decision(config, { vlm: lowDelivery })).toBe('yes, activity_type=delivery')
    expect(await decision(config, { vlm: vlmFailed() })).toBe('no, vlm_failed')
  })

  test('a list replaces the list', async () => {
    expect(await decision(config, { camera_name: 'backyard', vlm: lowDelivery })).toBe('no, below_threshold')
  })

  test('a camera without overrides has the rules of all', async () => {
    expect(await decision(config, { camera_name: 'garage', vlm: highPrank })).toBe('yes, risk_level=high')
    expect(await decision(config, { camera_name: 'constructor' })).toBe('yes, notify_on_motion')
  })
})

describe('the config', () => {
  const names = configNames({ cameras: ['front_door', 'backyard'], activityTypes: ['delivery', 'person_at_door'] })
  const problems = (config: object, changes: object = {}) => defaultAlertPolicy.problems(config, { ...names, ...changes })

  test('a good one has no problems', () => {
    const overrides = { front_door: { min_risk_level: 'low', notify_on_activity_types: ['person_at_door'], notify_on_classes: ['animal'] } }
    expect(
      problems({ min_risk_level: 'Medium', notify_on_activity_types: ['delivery', 'unknown'], notify_on_motion: false, overrides }),
    ).toEqual([])
    expect(problems({})).toEqual([])
  })

  test('unknown cameras and activity types are named with their place and a suggestion', () => {
    const config = {
      notify_on_activity_types: ['delivery', 'delivry'],
      overrides: { front_dor: { notify_on_activity_types: ['dancing'] } },
    }
    expect(problems(config)).toEqual([
      { path: ['notify_on_activity_types', 1], message: expect.stringContaining('did you mean "delivery"?') as string },
      { path: ['overrides', 'front_dor'], message: 'unknown camera "front_dor"; did you mean "front_door"? (known: front_door, backyard)' },
      { path: ['overrides', 'front_dor', 'notify_on_activity_types', 0], message: expect.stringContaining('"dancing"') as string },
    ])
  })

  test('activity types are not checked against an analyzer that lists none', () => {
    expect(problems({ notify_on_activity_types: ['anything'] }, { activityTypes: null })).toEqual([])
  })

  test.each([
    [{ min_risk_level: 'severe' }, ['min_risk_level'], 'low, medium, high, critical'],
    [{ notify_on_classes: ['persn'] }, ['notify_on_classes', 0], 'unknown class "persn"'],
    [{ overrides: { front_door: { min_risk: 'low' } } }, ['overrides', 'front_door', 'min_risk'], 'unknown key'],
    [{ enabled: true }, ['enabled'], 'unknown key'],
  ])('%j is refused', (config, path, message) => {
    expect(problems(config)).toEqual([{ path, message: expect.stringContaining(message) as string }])
  })
})
