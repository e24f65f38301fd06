export interface MotionPolicy {
  readonly minChangedPct: number
  readonly recordingSensitivityFactor: number
}

/** Percent of the watched picture that must have changed. Less while recording: who is leaving is still there. */
export function neededPct(isRecording: boolean, policy: MotionPolicy): number {
  return isRecording ? policy.minChangedPct / policy.recordingSensitivityFactor : policy.minChangedPct
}
