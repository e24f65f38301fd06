import type { Clock } from '../contracts/clock.ts'
import type { AppHealth, ComponentHealth } from '../contracts/health.ts'
import { NO_OUTAGE, outageStep, type Outage, type OutageNews } from '../core/health/outage-policy.ts'
import type { SystemAlerts } from '../core/alerts/system-alerts.ts'
import { durationWords } from '../lib/duration-words.ts'
import { every } from '../lib/every.ts'

/** Far below the shortest outage that one may ask to be told of. */
const LOOK_EVERY_MS = 1_000
/** A storage or notifier that reconnects is no news. */
const TELL_AFTER_MS = 60_000
/** Parts without which a household is not watched, or not told. */
const WATCHED = new Set(['camera', 'storage', 'notifier'])

export interface OutageWatchDeps {
  readonly health: () => AppHealth
  /** How long each camera may be down before its owner wants to know. */
  readonly cameras: readonly { readonly name: string; readonly offline_alert_s: number }[]
  readonly alerts: Pick<SystemAlerts, 'raise'>
  readonly clock: Clock
}

/** Tells the owner when a camera, the storage or a notifier is down for a while, and when it is back. */
export function watchOutages({ health, cameras, alerts, clock }: OutageWatchDeps): AsyncDisposable {
  const outages = new Map<string, Outage>()
  const tellAfterMs = new Map(cameras.map(({ name, offline_alert_s }) => [`camera ${name}`, offline_alert_s * 1000]))
  const look = async () => {
    const nowMs = clock.monotonicMs()
    for (const part of health().components) {
      if (!WATCHED.has(part.component)) continue
      const key = `${part.component} ${part.name}`
      const now = { status: part.status, nowMs, tellAfterMs: tellAfterMs.get(key) ?? TELL_AFTER_MS }
      const { after, tell } = outageStep(outages.get(key) ?? NO_OUTAGE, now)
      outages.set(key, after)
      if (tell !== null) alerts.raise(news(part, tell), `part_${tell.state} ${key} ${nowMs}`)
    }
  }
  return every(LOOK_EVERY_MS, clock, look, () => undefined)
}

function news({ component, name, detail }: ComponentHealth, { state, forMs }: OutageNews): Parameters<SystemAlerts['raise']>[0] {
  const about = { camera_name: component === 'camera' ? name : null, clip_id: null }
  const duration = durationWords(forMs)
  if (state === 'up') {
    const message = `The ${component} ${name} works again; it was down for ${duration}.`
    return { code: 'part_up', severity: 'info', message, ...about }
  }
  const reason = detail === '' ? '.' : `: ${detail}`
  return { code: 'part_down', severity: 'error', message: `The ${component} ${name} has been down for ${duration}${reason}`, ...about }
}
