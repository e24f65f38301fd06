import { expect, test } from 'vitest'
import { alertPolicyContract, analysed, loadPolicy, someFacts } from '../../../testkit/alert-policy-contract.ts'
import { noopAlertPolicy } from './plugin.ts'
import { configNames } from '../../../testkit/plugin-host.ts'

alertPolicyContract('noop', () => loadPolicy(noopAlertPolicy, {}))

test('even a critical clip is not announced', async () => {
  const policy = await loadPolicy(noopAlertPolicy, {})
  expect(policy.decide(someFacts({ vlm: analysed({ risk_level: 'critical' }) }))).toEqual({ notify: false, notify_reason: 'noop' })
})

test('it takes no settings', () => {
  expect(noopAlertPolicy.problems({ min_risk_level: 'low' }, configNames())).toEqual([
    { path: ['min_risk_level'], message: 'unknown key "min_risk_level"' },
  ])
})
