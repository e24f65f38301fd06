import { describe, expect, test } from 'vitest'
import type { VlmUsage } from '../../../contracts/analysis.ts'
import type { AnalysisRequest, VlmAnalyzer } from '../../../contracts/analyzer.ts'
import { pluginError } from '../../../contracts/errors.ts'
import { analyzerContract, anAnalysisRequest } from '../../../testkit/analyzer-contract.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { ScriptedAnalyzer, type ScriptedAnswer } from '../../../testkit/scripted-analyzer.ts'
import { FallbackAnalyzer } from './fallback-analyzer.ts'
import { Part } from './part.ts'

const live = new AbortController().signal

interface PartSpec {
  readonly script: readonly ScriptedAnswer[]
  readonly free?: boolean
}

/** A list of models named a, b, c … that do as they are told. */
function listOf(specs: readonly PartSpec[], { timeoutMs = 60_000, failures = 2, cooldownMs = 1000 } = {}) {
  const clock = new FakeClock()
  const log = memoryLogger()
  const models = specs.map(({ script }, index) => new ScriptedAnalyzer('abc'[index] ?? '?', ...script))
  const parts = models.map(
    (model, index) =>
      new Part(
        model,
        { name: 'abc'[index] ?? '?', free: specs[index]?.free ?? false, timeoutMs, breaker: { failures, cooldownMs } },
        clock,
      ),
  )
  return { analyzer: new FallbackAnalyzer(parts, log), models, clock, log, asked: () => models.map(({ requests }) => requests.length) }
}

async function ask(analyzer: VlmAnalyzer, changes: Partial<AnalysisRequest> = {}) {
  const usages: VlmUsage[] = []
  const result = await analyzer.analyze(anAnalysisRequest({ onUsage: (usage) => usages.push(usage), ...changes }), live)
  return { result, usages, by: result.ok ? result.value.usage.model : `${result.error.kind}: ${result.error.message}` }
}

const judges: PartSpec = { script: [{ do: 'judge' }] }
const fails = (kind: 'unavailable' | 'invalid' | 'rejected' | 'bug', retryAfterMs?: number): PartSpec => ({
  script: [{ do: 'fail', kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }],
})

analyzerContract('fallback', {
  working: async () => listOf([fails('unavailable'), judges], { failures: 100 }).analyzer,
  hanging: async () => {
    const { analyzer, models } = listOf([{ script: [{ do: 'hang' }] }, judges])
    return { analyzer, started: models[0]?.started ?? Promise.resolve() }
  },
})

describe('who answers', () => {
  test('the first model, while it works', async () => {
    const { analyzer, asked } = listOf([judges, judges])
    expect((await ask(analyzer)).by).toBe('a')
    expect(asked()).toEqual([1, 0])
  })

  test.each(['unavailable', 'invalid', 'rejected', 'bug'] as const)('the second, when the first is %s', async (kind) => {
    const { analyzer, asked } = listOf([fails(kind), judges])
    expect((await ask(analyzer)).by).toBe('b')
    expect(asked()).toEqual([1, 1])
  })

  test('the second, when the first throws', async () => {
    expect((await ask(listOf([{ script: [{ do: 'throw' }] }, judges]).analyzer)).by).toBe('b')
  })

  test.each([false, true])('the second, when the first takes too long (and is deaf: %s)', async (deaf) => {
    const { analyzer } = listOf([{ script: [{ do: 'hang', deaf }] }, judges], { timeoutMs: 20 })
    expect((await ask(analyzer)).by).toBe('b')
  })

  test('nobody, when the clip’s own time is up: the rest is not asked', async () => {
    const { analyzer, models, asked } = listOf([{ script: [{ do: 'hang', deaf: true }] }, judges])
    const abort = new AbortController()
    const judging = analyzer.analyze(anAnalysisRequest(), abort.signal)
    await models[0]?.started
    abort.abort()
    expect(await judging).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    expect(asked()).toEqual([1, 0])
  })
})

describe('a model that fails again and again', () => {
  test('is left alone for the cooldown, then tried with one clip, and back when that works', async () => {
    const { analyzer, models, clock, asked } = listOf([fails('unavailable'), judges])
    for (let clip = 0; clip < 5; clip += 1) await ask(analyzer)
    expect(asked()).toEqual([2, 5])
    await clock.advance(1000)
    models[0]?.now({ do: 'judge' })
    expect((await ask(analyzer)).by).toBe('a')
    expect((await ask(analyzer)).by).toBe('a')
  })

  test('is tried by one clip only, while others go to the next', async () => {
    const { analyzer, models, clock } = listOf([fails('rejected'), judges])
    await ask(analyzer)
    await clock.advance(1000)
    models[0]?.now({ do: 'hang' })
    const abort = new AbortController()
    const trying = analyzer.analyze(anAnalysisRequest(), abort.signal)
    expect((await ask(analyzer)).by).toBe('b')
    abort.abort()
    await trying
    models[0]?.now({ do: 'judge' })
    expect((await ask(analyzer)).by).toBe('a')
  })

  test('with a wrong key is left alone at once', async () => {
    const { analyzer, asked } = listOf([fails('rejected'), judges])
    await ask(analyzer)
    await ask(analyzer)
    expect(asked()).toEqual([1, 2])
  })

  test('that asks to wait is not asked before', async () => {
    const { analyzer, clock, asked } = listOf([fails('unavailable', 400), judges])
    await ask(analyzer)
    await clock.advance(399)
    await ask(analyzer)
    expect(asked()).toEqual([1, 2])
    await clock.advance(1)
    await ask(analyzer)
    expect(asked()).toEqual([2, 3])
  })
})

describe('when all fail', () => {
  test('the error says what is wrong with each, and whether trying again helps', async () => {
    const { analyzer } = listOf([fails('rejected'), fails('unavailable')])
    expect((await ask(analyzer)).by).toBe('unavailable: a: a failed (asked again in 1 s); b: b failed')
  })

  test('those left alone are named with what they said last, and how long to wait', async () => {
    const { analyzer, clock } = listOf([fails('unavailable', 500), fails('unavailable', 300)])
    await ask(analyzer)
    await clock.advance(100)
    const { result, by } = await ask(analyzer)
    expect(by).toBe('unavailable: a: a failed (asked again in 1 s); b: b failed (asked again in 1 s)')
    expect(result.ok ? null : result.error.retryAfterMs).toBe(200)
  })
})

describe('what it costs', () => {
  test('is what all that were asked cost, under the name of the one that answered', async () => {
    const { analyzer } = listOf([{ script: [{ do: 'fail', kind: 'invalid', usd: 0.25 }] }, { script: [{ do: 'judge', usd: 0.5 }] }])
    const { result, usages } = await ask(analyzer)
    const usage = { model: 'b', prompt_tokens: 2000, completion_tokens: 200, cost_usd: 0.75 }
    expect(result).toMatchObject({ ok: true, value: { usage } })
    expect(usages).toMatchObject([{ model: 'a', cost_usd: 0.25 }])
  })

  test('of a free model is nothing, and only what was paid before it counts for the budget', async () => {
    const { analyzer } = listOf([{ script: [{ do: 'fail', kind: 'invalid', usd: 0.25 }] }, { ...judges, free: true }])
    const { result, usages } = await ask(analyzer)
    expect(result).toMatchObject({ ok: true, value: { free: true, usage: { model: 'b', prompt_tokens: 2000, cost_usd: 0.25 } } })
    expect(usages).toMatchObject([{ model: 'a', cost_usd: 0.25 }])
  })

  test('of a free model’s useless answer is not reported', async () => {
    const { analyzer } = listOf([
      { script: [{ do: 'fail', kind: 'invalid', usd: 0.25 }], free: true },
      { script: [{ do: 'judge', usd: 0.5 }] },
    ])
    const { result, usages } = await ask(analyzer)
    expect(result).toMatchObject({ ok: true, value: { usage: { model: 'b', prompt_tokens: 1000, cost_usd: 0.5 } } })
    expect(result.ok ? result.value.free : null).toBeUndefined()
    expect(usages).toEqual([])
  })
})

describe('once the budget is spent', () => {
  test('only models that are free are asked', async () => {
    const { analyzer, asked } = listOf([judges, { ...judges, free: true }])
    expect(analyzer.worksForFree).toBe(true)
    expect((await ask(analyzer, { may_pay: false })).by).toBe('b')
    expect((await ask(analyzer, { may_pay: true })).by).toBe('a')
    expect(asked()).toEqual([1, 1])
  })

  test('a free one that fails is not followed by a paid one', async () => {
    const { analyzer, asked } = listOf([{ ...fails('unavailable'), free: true }, judges])
    expect((await ask(analyzer, { may_pay: false })).by).toBe('unavailable: a: a failed')
    expect(asked()).toEqual([1, 0])
  })

  test('a list without a free one is not to be asked, and refuses', async () => {
    const { analyzer, asked } = listOf([judges, judges])
    expect(analyzer.worksForFree).toBe(false)
    expect((await ask(analyzer, { may_pay: false })).by).toMatch(/^rejected: .*budget/)
    expect(asked()).toEqual([0, 0])
  })
})

describe('a ping', () => {
  test('is good while one model works, names those that do not, and they are logged once for each change', async () => {
    const { analyzer, models, log } = listOf([judges, judges, judges])
    expect(await analyzer.ping(live)).toEqual({ ok: true, value: { model: 'a, b, c' } })
    const [first] = models
    if (first === undefined) throw new Error('no models')
    first.pingError = pluginError('rejected', 'the key was not accepted')
    const detail = 'a does not work: the key was not accepted'
    expect(await analyzer.ping(live)).toEqual({ ok: true, value: { model: 'b, c', detail } })
    expect(await analyzer.ping(live)).toMatchObject({ ok: true, value: { detail } })
    first.pingError = null
    expect(await analyzer.ping(live)).toEqual({ ok: true, value: { model: 'a, b, c' } })
    expect(log.lines.map(({ fields }) => fields['event_type'])).toEqual(['vlm_parts_down', 'vlm_parts_up'])
  })

  test('fails when none works, and says why of each', async () => {
    const { analyzer, models } = listOf([judges, judges])
    for (const model of models) model.pingError = pluginError('rejected', 'the key was not accepted')
    expect(await analyzer.ping(live)).toMatchObject({
      ok: false,
      error: { kind: 'rejected', message: 'a: the key was not accepted; b: the key was not accepted' },
    })
  })
})

test('closing it closes all models', async () => {
  const { analyzer, models } = listOf([judges, judges])
  await analyzer[Symbol.asyncDispose]()
  expect(models.map(({ closed }) => closed)).toEqual([true, true])
})
