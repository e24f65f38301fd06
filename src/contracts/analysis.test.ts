import { expect, test } from 'vitest'
import { RISK_LEVELS, riskAtLeast, RiskLevelInputSchema } from './analysis.ts'

test.each(['HIGH', 'high', ' High ', 2])('%j is the risk level high', (written) => {
  expect(RiskLevelInputSchema.parse(written)).toBe('high')
})

test.each(['severe', 4, -1, 1.5, null, true, ['high']])('%j is no risk level, and the error lists those there are', (written) => {
  expect(RiskLevelInputSchema.safeParse(written).error?.issues[0]?.message).toContain('low, medium, high, critical')
})

test('risk levels are ordered, and each is at least itself', () => {
  for (const [a, actual] of RISK_LEVELS.entries())
    for (const [t, threshold] of RISK_LEVELS.entries()) expect(riskAtLeast(actual, threshold)).toBe(a >= t)
})
