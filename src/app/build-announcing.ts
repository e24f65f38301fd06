import type { AppConfig } from '../config/schema.ts'
import type { NotifierConfig } from '../config/schema-notifiers.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { CameraSettings } from '../contracts/home.ts'
import { alertRouter } from '../core/alerts/alert-router.ts'
import { announcer } from '../core/alerts/announce-clip.ts'
import { ownersSilence } from '../core/alerts/decide-clip.ts'
import { FirstAlerts, type FirstAlertDeps } from '../core/alerts/first-alerts.ts'
import { LastSent } from '../core/alerts/last-sent.ts'
import { minuteOf } from '../core/alerts/quiet-hours.ts'
import type { RoutingRules } from '../core/alerts/route-alert.ts'
import { alertWithdrawer, type WithdrawDeps } from '../core/alerts/withdraw-alerts.ts'

/** By notifier. */
export function routingRules(notifiers: readonly NotifierConfig[]): ReadonlyMap<string, RoutingRules> {
  return new Map(notifiers.filter(({ enabled }) => enabled).map((notifier) => [notifier.name, rulesOf(notifier)]))
}

function rulesOf({ cameras, min_risk_level, cooldown_s, quiet_hours }: NotifierConfig): RoutingRules {
  return {
    cameras,
    minRisk: min_risk_level,
    cooldownMs: cooldown_s * 1000,
    quietHours: quiet_hours && {
      fromMinute: minuteOf(quiet_hours.from),
      toMinute: minuteOf(quiet_hours.to),
      days: quiet_hours.days,
      timeZone: quiet_hours.time_zone,
      exceptRisk: quiet_hours.except_risk,
      digest: quiet_hours.digest,
    },
  }
}

export function lastSentFor(rules: ReadonlyMap<string, RoutingRules>, clock: FirstAlertDeps['clock']): LastSent {
  const cooling = [...rules].filter(([, { cooldownMs }]) => cooldownMs > 0)
  return new LastSent(new Map(cooling.map(([name, { cooldownMs }]) => [name, cooldownMs])), clock)
}

type Base = Omit<WithdrawDeps, 'ended' | 'repository'> &
  Pick<Parameters<typeof announcer>[0], 'repository' | 'tooLate'> &
  Pick<FirstAlertDeps, 'shouldAnalyze'> & {
    readonly rules: ReadonlyMap<string, RoutingRules>
    readonly lastSent: Pick<LastSent, 'of'>
    readonly settingsOf: (cameraName: string) => CameraSettings
  }

/** How the household is told of a clip: at first, when it is judged, and when that was no alert. */
export function buildAnnouncing({ alert, alert_policy }: Pick<AppConfig, 'alert' | 'alert_policy'>, base: Base) {
  const { tooLate, settingsOf, clock } = base
  const route = alertRouter(base)
  // A first alert of a policy that never alerts would always be taken back.
  const isPossible = alert_policy.enabled && alert_policy.backend !== 'noop'
  const mayAlert = (clip: ClipStateData) =>
    isPossible && !tooLate(clip) && ownersSilence(settingsOf(clip.camera_name), clock.now()) === null
  const firstAlerts = new FirstAlerts({ ...base, mode: alert.mode, route, mayAlert })
  const { ended } = firstAlerts
  return { route, ended, firstAlerts, announce: announcer({ ...base, route, ended }), withdraw: alertWithdrawer({ ...base, ended }) }
}
