import type { FilterResult } from '../../contracts/detection.ts'
import { unreachable } from '../../contracts/result.ts'

export interface AnalyzeGate {
  readonly run_mode: 'trigger_only' | 'always' | 'never'
  /** Already expanded: classes, no groups. */
  readonly trigger_classes: readonly string[]
}

export type AnalyzeVerdict = { readonly run: true } | { readonly run: false; readonly reason: string }

/** Whether the expensive analyzer should see this clip; if not, the reason that goes in the journal. Pure. */
export function shouldAnalyze(gate: AnalyzeGate, detection: Pick<FilterResult, 'detected_classes'>): AnalyzeVerdict {
  switch (gate.run_mode) {
    case 'never':
      return { run: false, reason: 'run_mode_never' }
    case 'always':
      return { run: true }
    case 'trigger_only':
      return detection.detected_classes.some((name) => gate.trigger_classes.includes(name))
        ? { run: true }
        : { run: false, reason: 'no_trigger_classes' }
    default:
      return unreachable(gate.run_mode)
  }
}
