import { describe, expect, test } from 'vitest'
import type { AlertFacts } from '../../contracts/alert-policy.ts'
import { DEFAULT_CAMERA_SETTINGS, type CameraSettings } from '../../contracts/home.ts'
import { skipped } from '../../contracts/stages.ts'
import { aFilterResult } from '../../testkit/builders.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { decideOn, ownersSilence } from './decide-clip.ts'

const NOW = new Date('2026-01-01T12:00:00.000Z')
const settings = (changes: Partial<CameraSettings>): CameraSettings => ({ ...DEFAULT_CAMERA_SETTINGS, ...changes })

test.each([
  ['nothing switched', {}, null],
  ['alerts off', { alerts_on: false }, 'alerts_off'],
  ['alerts off and silenced', { alerts_on: false, silenced_until: '2026-01-01T13:00:00.000Z' }, 'alerts_off'],
  ['silenced', { silenced_until: '2026-01-01T12:00:00.001Z' }, 'silenced'],
  ['silenced until now', { silenced_until: '2026-01-01T12:00:00.000Z' }, null],
  ['a time that is none', { silenced_until: 'tomorrow' }, null],
])('%s', (_what, changes, expected) => {
  expect(ownersSilence(settings(changes), NOW)).toBe(expected)
})

describe('a decision', () => {
  const decide = (changes: Partial<CameraSettings>) => {
    const asked: AlertFacts[] = []
    const decision = decideOn(
      { camera_name: 'front_door', filter_result: aFilterResult(), vlm: skipped('budget') },
      {
        decide: (facts) => {
          asked.push(facts)
          return { notify: true, notify_reason: 'detected_class=person' }
        },
        settingsOf: (camera) => (camera === 'front_door' ? settings(changes) : DEFAULT_CAMERA_SETTINGS),
        decideWithoutAnalysis: true,
        clock: { now: () => NOW },
        log: memoryLogger(),
      },
    )
    return { decision, asked }
  }

  test('is the owner’s before it is the policy’s', () => {
    const { decision, asked } = decide({ alerts_on: false })
    expect([decision, asked]).toEqual([{ notify: false, notify_reason: 'alerts_off' }, []])
  })

  test('rests on the least risk that the owner set for the camera', () => {
    const { decision, asked } = decide({ min_risk_level: 'high' })
    expect([decision.notify, asked]).toMatchObject([true, [{ min_risk_level: 'high' }]])
  })
})
