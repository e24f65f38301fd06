import type { Alert } from '../../contracts/alert.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { CameraSettings } from '../../contracts/home.ts'
import { ownersSilence } from './decide-clip.ts'
import type { LastSent } from './last-sent.ts'
import { NO_RULES, routeAlert, type Route, type RoutingRules } from './route-alert.ts'

/** Whether this notifier is told of this alert now. */
export type RouteAlert = (alert: Alert, notifier: string, hasFirst: boolean) => Route

export interface RouterDeps {
  /** By notifier. One that is not in it wants everything. */
  readonly rules: ReadonlyMap<string, RoutingRules>
  readonly lastSent: Pick<LastSent, 'of'>
  readonly clock: Pick<Clock, 'now'>
  /** What the owner switched for a camera while HomeSec runs. */
  readonly settingsOf: (cameraName: string) => CameraSettings
}

export function alertRouter({ rules, lastSent, clock, settingsOf }: RouterDeps): RouteAlert {
  return (alert, notifier, hasFirst) => {
    const sent = lastSent.of(notifier, alert.camera_name, alert.clip_id)
    const now = clock.now()
    const silence = ownersSilence(settingsOf(alert.camera_name), now)
    return routeAlert(alert, rules.get(notifier) ?? NO_RULES, { now, lastSent: sent, hasFirst, silence })
  }
}
