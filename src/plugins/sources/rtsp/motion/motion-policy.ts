export interface MotionPolicy {
  readonly minChangedPct: number
  readonly recordingSensitivityFactor: number
  readonly minFrames: number
}

/** Percent of the watched picture that must have changed. Less while recording: who is leaving is still there. */
export function neededPct(isRecording: boolean, policy: MotionPolicy): number {
  return isRecording ? policy.minChangedPct / policy.recordingSensitivityFactor : policy.minChangedPct
}

/** How many frames in a row, this one included, have shown enough change. Pure. */
export function framesInRow(before: number, changedPct: number, needed: number): number {
  return changedPct >= needed ? before + 1 : 0
}
