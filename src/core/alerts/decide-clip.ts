import { AlertDecisionSchema, type AlertDecision } from '../../contracts/alert.ts'
import type { AlertFacts } from '../../contracts/alert-policy.ts'
import type { CameraSettings } from '../../contracts/home.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Logger } from '../../contracts/logger.ts'

export interface DecideDeps {
  readonly decide: (facts: AlertFacts) => AlertDecision
  /** What the owner switched for a camera while HomeSec runs. */
  readonly settingsOf: (cameraName: string) => CameraSettings
  /** `retry.on_exhausted: fail`: a failed analysis ends the clip without a decision. */
  readonly decideWithoutAnalysis: boolean
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

/** Why the owner does not want to be told of a camera now; null when they do. Pure. */
export function ownersSilence({ alerts_on, silenced_until }: CameraSettings, now: Date): 'alerts_off' | 'silenced' | null {
  if (!alerts_on) return 'alerts_off'
  return silenced_until !== null && Date.parse(silenced_until) > now.getTime() ? 'silenced' : null
}

/** The decision on one clip: the owner's word before the policy's, and an alert when the policy breaks its contract. */
export function decideOn(seen: Omit<AlertFacts, 'min_risk_level'>, deps: DecideDeps): AlertDecision {
  const settings = deps.settingsOf(seen.camera_name)
  const silence = ownersSilence(settings, deps.clock.now())
  if (silence !== null) return { notify: false, notify_reason: silence }
  if (seen.vlm.state === 'failed' && !deps.decideWithoutAnalysis)
    return { notify: false, notify_reason: 'vlm failed and retry.on_exhausted=fail' }
  try {
    return AlertDecisionSchema.parse(deps.decide({ ...seen, min_risk_level: settings.min_risk_level }))
  } catch (cause) {
    // A policy that breaks its contract must not cost the household the alert.
    deps.log.error({ event_type: 'alert_policy_threw', cause }, 'the alert policy threw; alerting to be safe')
    return { notify: true, notify_reason: 'unverified: alert policy failed' }
  }
}
