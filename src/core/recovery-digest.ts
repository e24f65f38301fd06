import type { ClipStateData } from '../contracts/clip-state.ts'

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
