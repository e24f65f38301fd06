import type { Clock } from '../contracts/clock.ts'
import type { AppHealth, ComponentHealth } from '../contracts/health.ts'
import { NO_OUTAGE, outageStep, type Outage } from '../core/outage-policy.ts'
import type { SystemAlerts } from '../core/system-alerts.ts'
import { every } from '../lib/every.ts'

const LOOK_EVERY_MS = 10_000
/** Parts without which a household is not watched, or not told. */
const WATCHED = new Set(['camera', 'storage', 'notifier'])

/** Tells the owner when a camera, the storage or a notifier is down for a while, and when it is back. */
export function watchOutages(health: () => AppHealth, alerts: Pick<SystemAlerts, 'raise'>, clock: Clock): AsyncDisposable {
  const outages = new Map<string, Outage>()
  const look = async () => {
    for (const part of health().components) {
      if (!WATCHED.has(part.component)) continue
      const key = `${part.component} ${part.name}`
      const { after, tell } = outageStep(outages.get(key) ?? NO_OUTAGE, part.status, clock.monotonicMs())
      outages.set(key, after)
      if (tell !== null) alerts.raise(news(part, tell), `part_${tell} ${key} ${clock.monotonicMs()}`)
    }
  }
  return every(LOOK_EVERY_MS, clock, look, () => undefined)
}

function news({ component, name, detail }: ComponentHealth, tell: 'down' | 'up'): Parameters<SystemAlerts['raise']>[0] {
  const about = { camera_name: component === 'camera' ? name : null, clip_id: null }
  if (tell === 'up') return { code: 'part_up', severity: 'info', message: `The ${component} ${name} works again.`, ...about }
  const reason = detail === '' ? '.' : `: ${detail}`
  return {
    code: 'part_down',
    severity: 'error',
    message: `The ${component} ${name} has been down for more than a minute${reason}`,
    ...about,
  }
}
