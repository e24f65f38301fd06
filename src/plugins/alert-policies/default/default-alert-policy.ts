import type { AlertDecision } from '../../../contracts/alert.ts'
import type { AlertFacts, AlertPolicy } from '../../../contracts/alert-policy.ts'
import type { RiskLevel } from '../../../contracts/analysis.ts'
import { expandClasses } from '../../../contracts/detection.ts'
import { decide, type AlertRules } from './decide.ts'

export type AlertRuleOverrides = { readonly [K in keyof AlertRules]?: AlertRules[K] }
export type DefaultAlertPolicyConfig = AlertRules & { readonly overrides: Readonly<Record<string, AlertRuleOverrides>> }

/** Looks up the rules of the camera; the judgement itself is `decide`. */
export class DefaultAlertPolicy implements AlertPolicy {
  readonly #rules: AlertRules
  readonly #byCamera: ReadonlyMap<string, AlertRules>

  constructor({ overrides, ...rules }: DefaultAlertPolicyConfig) {
    this.#rules = expanded(rules)
    this.#byCamera = new Map(Object.entries(overrides).map(([camera, changes]) => [camera, expanded({ ...rules, ...changes })]))
  }

  decide(facts: AlertFacts): AlertDecision {
    return decide(this.#rulesOf(facts.camera_name), facts)
  }

  minRiskLevel(cameraName: string): RiskLevel {
    return this.#rulesOf(cameraName).min_risk_level
  }

  #rulesOf(cameraName: string): AlertRules {
    return this.#byCamera.get(cameraName) ?? this.#rules
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function expanded(rules: AlertRules): AlertRules {
  return { ...rules, notify_on_classes: expandClasses(rules.notify_on_classes) }
}
