import type { AlertDecision } from '../../../contracts/alert.ts'
import type { AlertFacts } from '../../../contracts/alert-policy.ts'
import { riskAtLeast, type AnalysisResult, type RiskLevel } from '../../../contracts/analysis.ts'

export interface AlertRules {
  readonly min_risk_level: RiskLevel
  readonly notify_on_motion: boolean
  readonly notify_on_activity_types: readonly string[]
  /** Groups already expanded to their classes. */
  readonly notify_on_classes: readonly string[]
  readonly notify_on_vlm_failure: boolean
}

/** Pure; the first rule that matches wins, and its reason is what the owner reads. */
export function decide(rules: AlertRules, facts: AlertFacts): AlertDecision {
  const because = rules.notify_on_motion ? 'notify_on_motion' : (alarmingAnalysis(rules, facts) ?? alarmingObject(rules, facts))
  if (because !== null) return { notify: true, notify_reason: because }
  if (facts.vlm.state === 'failed' && rules.notify_on_vlm_failure) return { notify: true, notify_reason: 'unverified: vlm failed' }
  return { notify: false, notify_reason: whyNot(facts) }
}

function alarmingAnalysis(rules: AlertRules, { vlm, min_risk_level }: AlertFacts): string | null {
  if (vlm.state !== 'ok') return null
  const { risk_level, activity_type }: AnalysisResult = vlm.value.analysis
  if (riskAtLeast(risk_level, min_risk_level ?? rules.min_risk_level)) return `risk_level=${risk_level}`
  return rules.notify_on_activity_types.includes(activity_type) ? `activity_type=${activity_type}` : null
}

function alarmingObject(rules: AlertRules, { filter_result }: AlertFacts): string | null {
  const found = filter_result.detected_classes.find((name) => rules.notify_on_classes.includes(name))
  return found === undefined ? null : `detected_class=${found}`
}

/** A clip the model has judged is below the threshold even where the detector saw nothing: the model is the better witness. */
function whyNot({ vlm, filter_result }: AlertFacts): string {
  if (vlm.state === 'ok') return 'below_threshold'
  if (filter_result.detected_classes.length === 0) return 'nothing_detected'
  return vlm.state === 'skipped' ? `vlm_skipped: ${vlm.reason}` : 'vlm_failed'
}
