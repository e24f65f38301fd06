import type { Clock } from '../contracts/clock.ts'
import { expandClasses, type FilterResult } from '../contracts/detection.ts'
import type { AppConfig } from '../config/schema.ts'
import { shouldAnalyze, type AnalyzeVerdict } from '../core/stages/should-analyze.ts'
import type { SystemAlerts } from '../core/alerts/system-alerts.ts'
import { dayOf, limitReached, type BudgetLedger } from '../core/stages/vlm-budget.ts'

export interface AnalyzeGateDeps {
  readonly vlm: Pick<AppConfig['vlm'], 'run_mode' | 'trigger_classes' | 'daily_budget'>
  readonly clock: Pick<Clock, 'now'>
  readonly ledger: Pick<BudgetLedger, 'spent'>
  readonly alerts: Pick<SystemAlerts, 'raise'>
  /** The analyzer goes on by itself with what costs nothing. */
  readonly worksForFree: boolean
}

/** Which clips the analyzer sees, and whether it may cost anything; tells the owner once a day when the budget is spent. */
export interface AnalyzeGate {
  readonly verdict: (detection: Pick<FilterResult, 'detected_classes'>) => AnalyzeVerdict
  /** What the verdict would be now, if anybody asked in earnest: the owner is told nothing. */
  readonly foresee: AnalyzeGate['verdict']
  readonly mayPay: () => boolean
}

export function analyzeGate({ vlm, clock, ledger, alerts, worksForFree }: AnalyzeGateDeps): AnalyzeGate {
  const { run_mode, trigger_classes, daily_budget } = vlm
  const gate = { run_mode, trigger_classes: expandClasses(trigger_classes) }
  const today = () => dayOf(clock.now())
  const reached = () => (daily_budget === null ? null : limitReached(daily_budget, ledger.spent, today()))
  const consequence = worksForFree ? 'Until tomorrow only models that are free judge clips.' : 'Clips are not analysed until tomorrow.'
  let toldOn: string | null = null
  const tellOnce = (limit: string) => {
    if (toldOn === today()) return
    toldOn = today()
    const message = `Today's VLM budget (vlm.daily_budget.${limit}) is spent. ${consequence}`
    alerts.raise({ code: 'vlm_budget_spent', severity: 'warning', message, camera_name: null, clip_id: null }, `vlm_budget ${today()}`)
  }
  const judge = (detection: Pick<FilterResult, 'detected_classes'>, onSpent: (limit: string) => void): AnalyzeVerdict => {
    const verdict = shouldAnalyze(gate, detection)
    const limit = verdict.run ? reached() : null
    if (limit === null) return verdict
    onSpent(limit)
    return worksForFree ? verdict : { run: false, reason: 'budget' }
  }
  return {
    mayPay: () => reached() === null,
    verdict: (detection) => judge(detection, tellOnce),
    foresee: (detection) => judge(detection, () => undefined),
  }
}
