import type { AlertDecision } from './alert.ts'
import type { RiskLevel } from './analysis.ts'
import type { FilterResult } from './detection.ts'
import type { StageOutcome } from './stages.ts'

/** All a decision may rest on. */
export interface AlertFacts {
  readonly camera_name: string
  readonly filter_result: FilterResult
  readonly vlm: StageOutcome<'vlm'>
  /** The least risk that alerts, as the owner set it for this camera while HomeSec runs. Null: what the config says. */
  readonly min_risk_level: RiskLevel | null
}

export interface AlertPolicy extends AsyncDisposable {
  /** Pure and total: same facts, same decision; no I/O; does not throw. */
  decide(facts: AlertFacts): AlertDecision
  /** The least risk that alerts for this camera by the config, where the policy has such a rule. */
  minRiskLevel?(cameraName: string): RiskLevel | null
}
