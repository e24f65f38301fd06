import { expect, test } from 'vitest'
import type { VlmAnalyzer } from '../../../contracts/analyzer.ts'
import { analyzerContract, anAnalysisRequest } from '../../../testkit/analyzer-contract.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { mockAnalyzer } from './plugin.ts'

const live = new AbortController().signal

async function load(config: object, clock = new FakeClock()): Promise<VlmAnalyzer> {
  return built(mockAnalyzer, config, testHost({ clock }))
}

analyzerContract('mock', {
  working: (activity_types) => load({ activity_types }),
  hanging: async () => ({ analyzer: await load({ delay_ms: 1000 }), started: Promise.resolve() }),
})

test('it says what its config says', async () => {
  const analyzer = await load({ risk_level: 'HIGH', activity_type: 'delivery', summary: 'A parcel.' })
  expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject({
    ok: true,
    value: { analysis: { risk_level: 'high', activity_type: 'delivery', summary: 'A parcel.' }, usage: { model: 'mock' } },
  })
})

test('the first calls fail as configured, then it answers', async () => {
  const analyzer = await load({ fail_times: 2, error_kind: 'timeout' })
  const kinds = []
  for (let call = 0; call < 3; call += 1) {
    const result = await analyzer.analyze(anAnalysisRequest(), live)
    kinds.push(result.ok ? 'ok' : result.error.kind)
  }
  expect(kinds).toEqual(['timeout', 'timeout', 'ok'])
})

test('it takes its time', async () => {
  const clock = new FakeClock()
  const analyzer = await load({ delay_ms: 5000 }, clock)
  let done = false
  const judging = analyzer.analyze(anAnalysisRequest(), live).then((result) => {
    done = true
    return result
  })
  await clock.advance(4999)
  expect(done).toBe(false)
  await clock.advance(1)
  expect(await judging).toMatchObject({ ok: true })
})

test('an activity that is not among its activity types is a config error', () => {
  const names = configNames()
  expect(mockAnalyzer.problems({ activity_type: 'delivery', activity_types: ['visit'] }, names)).toEqual([
    { path: ['activity_type'], message: 'not one of `activity_types`' },
  ])
  expect(mockAnalyzer.problems({ activity_type: 'unknown', activity_types: ['visit'] }, names)).toEqual([])
})
