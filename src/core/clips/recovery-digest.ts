import type { ClipStateData } from '../../contracts/clip-state.ts'

/** Why a clip did not alert: it came too late for that, and a digest is owed that counts it. */
export const TOO_LATE = 'too_late_counted_in_digest'
/** The same, once that digest has reached the owner. */
export const COUNTED = 'counted_in_digest'

/** Whether a clip still has to be counted in a digest. It says so itself, so that no kill between it and its digest loses it. Pure. */
export function owesDigest({ stages, deleted_at }: Pick<ClipStateData, 'stages' | 'deleted_at'>): boolean {
  return stages.notify.status === 'skipped' && stages.notify.last_error === TOO_LATE && deleted_at === null
}

export function isCounted({ stages }: Pick<ClipStateData, 'stages'>): boolean {
  return stages.notify.status === 'skipped' && stages.notify.last_error === COUNTED
}

/** One sentence that counts what would have alerted while HomeSec was not running; null when nothing would have. Pure. */
export function recoveryDigest(
  clips: readonly Pick<ClipStateData, 'camera_name' | 'alert_decision' | 'start_ts' | 'end_ts'>[],
): string | null {
  const alerting = clips.filter((clip) => clip.alert_decision?.notify === true)
  if (alerting.length === 0) return null
  const byCamera = new Map<string, number>()
  for (const { camera_name } of alerting) byCamera.set(camera_name, (byCamera.get(camera_name) ?? 0) + 1)
  const counts = [...byCamera].sort(([a], [b]) => a.localeCompare(b)).map(([camera, count]) => `${camera} ${count}`)
  const starts = alerting.map((clip) => clip.start_ts).sort()
  const span = `${starts[0] ?? ''} to ${starts.at(-1) ?? ''}`
  const noun = alerting.length === 1 ? 'clip' : 'clips'
  return `${alerting.length} ${noun} that would have alerted ${alerting.length === 1 ? 'was' : 'were'} left over from before the restart (${span}): ${counts.join(', ')}. They are stored and analysed.`
}
