import { expect, test } from 'vitest'
import { aClipState } from '../../testkit/clip-states.ts'
import { recoveryDigest } from './recovery-digest.ts'

test('the digest counts those that would have alerted, by camera', () => {
  const alerting = (camera_name: string) => ({ ...aClipState(), camera_name, alert_decision: { notify: true, notify_reason: 'x' } })
  const message = recoveryDigest([alerting('yard'), alerting('door'), alerting('yard'), aClipState()])
  expect(message).toMatch(/^3 clips .*door 1, yard 2/)
  expect(recoveryDigest([aClipState()])).toBeNull()
})
