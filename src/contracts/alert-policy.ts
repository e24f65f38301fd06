import type { AlertDecision } from './alert.ts'
import type { FilterResult } from './detection.ts'
import type { StageOutcome } from './stages.ts'

/** All a decision may rest on. */
export interface AlertFacts {
  readonly camera_name: string
  readonly filter_result: FilterResult
  readonly vlm: StageOutcome<'vlm'>
}

export interface AlertPolicy extends AsyncDisposable {
  /** Pure and total: same facts, same decision; no I/O; does not throw. */
  decide(facts: AlertFacts): AlertDecision
}
