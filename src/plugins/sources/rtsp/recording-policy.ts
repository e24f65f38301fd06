export interface RecordingPolicy {
  readonly stopDelayMs: number
  readonly maxRecordingMs: number
}

export interface RecordingSituation {
  readonly isMotion: boolean
  /** Since the last motion; Infinity: there was none. */
  readonly quietMs: number
  /** Length of the clip that is being recorded. Null: none is. */
  readonly recordedMs: number | null
}

/** `rotate`: end this clip and go on in the next one, without a gap. `extend`: motion moved the end of the clip further away. */
export type RecordingStep = 'start' | 'extend' | 'rotate' | 'stop' | 'idle'

/** What to do with the recording now. Pure. */
export function recordingStep(now: RecordingSituation, policy: RecordingPolicy): RecordingStep {
  const { isMotion, recordedMs } = now
  const isRecent = isMotion || now.quietMs < policy.stopDelayMs
  // Also when a recording died while it was wanted.
  if (recordedMs === null) return isRecent ? 'start' : 'idle'
  if (!isRecent) return 'stop'
  if (recordedMs >= policy.maxRecordingMs && worthAnotherClip(now, policy)) return 'rotate'
  return isMotion ? 'extend' : 'idle'
}

/** A clip that is about to stop runs out, a little over its length: the rest alone would be a clip of nothing. */
function worthAnotherClip(now: RecordingSituation, policy: RecordingPolicy): boolean {
  return now.isMotion || now.quietMs < policy.stopDelayMs / 2
}
