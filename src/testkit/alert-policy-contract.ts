import { describe, expect, test } from 'vitest'
import type { AlertFacts, AlertPolicy } from '../contracts/alert-policy.ts'
import { RISK_LEVELS, type AnalysisResult } from '../contracts/analysis.ts'
import { ERROR_KINDS } from '../contracts/errors.ts'
import type { Plugin } from '../contracts/plugin.ts'
import { skipped, type StageOutcome } from '../contracts/stages.ts'
import { AlertDecisionSchema } from '../contracts/alert.ts'
import { aFilterResult, anAnalysis, NOTHING_DETECTED } from './builders.ts'
import { built, testHost } from './plugin-host.ts'

/** Every alert policy runs this. */
export function alertPolicyContract(name: string, create: () => Promise<AlertPolicy>): void {
  describe(`alert policy contract: ${name}`, () => {
    test('every possible clip gets a decision with a reason of one line', async () => {
      await using policy = await create()
      for (const facts of everyKindOfFacts()) {
        const decision = policy.decide(facts)
        expect(AlertDecisionSchema.strict().safeParse(decision).success).toBe(true)
        expect(decision.notify_reason).toMatch(/^\S.{0,199}$/)
      }
    })

    test('the same facts always get the same decision, in any order, and are not changed', async () => {
      await using policy = await create()
      const all = everyKindOfFacts()
      const before = JSON.stringify(all)
      const first = all.map((facts) => policy.decide(facts))
      const backwards = all.toReversed().map((facts) => policy.decide(facts))
      expect(backwards.toReversed()).toEqual(first)
      expect(JSON.stringify(all)).toBe(before)
    })

    test('a camera it has never heard of is decided like any other', async () => {
      await using policy = await create()
      const ordinary = policy.decide(someFacts({ camera_name: 'brand_new' }))
      expect(policy.decide(someFacts({ camera_name: 'constructor' }))).toEqual(ordinary)
    })

    test('disposing twice is fine', async () => {
      const policy = await create()
      await policy[Symbol.asyncDispose]()
      await policy[Symbol.asyncDispose]()
    })
  })
}

export async function loadPolicy(plugin: Plugin<'alert_policy'>, config: unknown): Promise<AlertPolicy> {
  return built(plugin, config, testHost())
}

/** A person was detected and nobody has judged it. */
export function someFacts(changes: Partial<AlertFacts> = {}): AlertFacts {
  return { camera_name: 'front_door', filter_result: aFilterResult(), vlm: skipped('run_mode_never'), min_risk_level: null, ...changes }
}

export function analysed(changes: Partial<AnalysisResult> = {}): StageOutcome<'vlm'> {
  const usage = { model: 'mock', prompt_tokens: 1, completion_tokens: 1, cost_usd: null }
  return { state: 'ok', value: { analysis: anAnalysis(changes), usage } }
}

export function vlmFailed(kind: (typeof ERROR_KINDS)[number] = 'unavailable'): StageOutcome<'vlm'> {
  const error = { kind, message: 'no answer', stage: 'vlm' as const, plugin: 'openai', clip_id: 'front_door_1.mp4', attempts: 3 }
  return { state: 'failed', error }
}

function everyKindOfFacts(): AlertFacts[] {
  const outcomes: StageOutcome<'vlm'>[] = [
    ...RISK_LEVELS.flatMap((risk_level) => ['delivery', 'unknown'].map((activity_type) => analysed({ risk_level, activity_type }))),
    ...ERROR_KINDS.map(vlmFailed),
    skipped('run_mode_never'),
    skipped('no_trigger_classes'),
    skipped('budget'),
  ]
  const found = [NOTHING_DETECTED, aFilterResult(), aFilterResult({ detected_classes: ['dog', 'person', 'car'] })]
  const all = ['front_door', 'constructor', '__proto__'].flatMap((camera_name) =>
    found.flatMap((filter_result) => outcomes.map((vlm) => ({ camera_name, filter_result, vlm, min_risk_level: null }))),
  )
  return deepFreeze(all)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}
