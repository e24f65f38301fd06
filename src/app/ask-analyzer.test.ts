import { expect, test } from 'vitest'
import type { VlmUsage } from '../contracts/analysis.ts'
import type { VlmAnalyzer } from '../contracts/analyzer.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { anAnalysisRequest } from '../testkit/analyzer-contract.ts'
import { anAnalysis } from '../testkit/builders.ts'
import { askAnalyzer } from './ask-analyzer.ts'

const aUsage = (changes: Partial<VlmUsage> = {}): VlmUsage => ({
  model: 'm',
  prompt_tokens: 1000,
  completion_tokens: 100,
  cost_usd: 0.5,
  ...changes,
})

/** What counts for the budget when the analyzer reports these costs on its way. */
async function counted(reported: readonly VlmUsage[], answer: Awaited<ReturnType<VlmAnalyzer['analyze']>>) {
  const usages: VlmUsage[] = []
  const analyzer: Pick<VlmAnalyzer, 'analyze'> = {
    analyze: async ({ onUsage }) => {
      for (const usage of reported) onUsage?.(usage)
      return answer
    },
  }
  const asked = await askAnalyzer(analyzer, anAnalysisRequest(), (usage) => usages.push(usage), new AbortController().signal)
  expect(asked).toBe(answer)
  return usages
}

const failure = err(pluginError('invalid', 'no use'))

test('a judgement counts once, with the usage it says itself', async () => {
  const usage = aUsage({ prompt_tokens: 2000 })
  expect(await counted([aUsage(), aUsage()], ok({ analysis: anAnalysis(), usage }))).toEqual([usage])
})

test('answers that were paid for but of no use count, together', async () => {
  expect(await counted([aUsage(), aUsage()], failure)).toEqual([aUsage({ prompt_tokens: 2000, completion_tokens: 200, cost_usd: 1 })])
})

test('a known cost counts beside an unknown one', async () => {
  expect(await counted([aUsage(), aUsage({ cost_usd: null })], failure)).toMatchObject([{ cost_usd: 0.5 }])
  expect(await counted([aUsage({ cost_usd: null }), aUsage({ cost_usd: null })], failure)).toMatchObject([{ cost_usd: null }])
})

test('a judgement for free counts only what others were paid before', async () => {
  const answer = ok({ analysis: anAnalysis(), usage: aUsage({ prompt_tokens: 5000 }), free: true })
  expect(await counted([aUsage()], answer)).toEqual([aUsage()])
  expect(await counted([], answer)).toEqual([])
})

test('a failure without an answer costs nothing', async () => {
  expect(await counted([], failure)).toEqual([])
})
