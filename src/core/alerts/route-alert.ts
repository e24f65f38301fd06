import type { Alert } from '../../contracts/alert.ts'
import { RISK_LEVELS, riskAtLeast, type RiskLevel } from '../../contracts/analysis.ts'
import type { HoldReason } from '../../contracts/clip-events.ts'
import { isQuiet, type QuietHours } from './quiet-hours.ts'

/** What one notifier wants to be told of, and when. */
export interface RoutingRules {
  /** Null: all. */
  readonly cameras: readonly string[] | null
  /** Null: any. */
  readonly minRisk: RiskLevel | null
  /** After an alert of a camera, others of that camera wait this long, unless their risk is higher. 0: none waits. */
  readonly cooldownMs: number
  readonly quietHours: NotifierQuietHours | null
}

export interface NotifierQuietHours extends QuietHours {
  /** This risk or more is told all the same. Null: nothing is. */
  readonly exceptRisk: RiskLevel | null
  /** Whether what is held back is told afterwards. */
  readonly digest: boolean
}

export const NO_RULES: RoutingRules = { cameras: null, minRisk: null, cooldownMs: 0, quietHours: null }

/** An alert that a notifier was told of another clip. */
export interface Sent {
  readonly atMs: number
  readonly risk: RiskLevel | null
}

export interface RoutingFacts {
  readonly now: Date
  /** The last alert of the same camera, of another clip, that this notifier was told. */
  readonly lastSent: Sent | null
  /** This notifier has, or may have, the first alert of this clip. */
  readonly hasFirst: boolean
  /** Why the owner does not want to be told of this camera now; null when they do. */
  readonly silence: string | null
}

export type Route =
  | { readonly do: 'send' }
  /** Never told here. */
  | { readonly do: 'skip'; readonly reason: string }
  /** Told later, in a digest. */
  | { readonly do: 'hold'; readonly reason: HoldReason }

const SEND: Route = { do: 'send' }

/**
 * Whether a notifier is told of an alert now. Pure; the first rule that applies wins. A withdrawal goes to whoever got the first alert,
 * and is not asked about.
 *
 * An alert without a risk passes every minimum: what could not be judged must not be lost. But a first alert does not: it only has none
 * yet, and its verdict will be asked about on its own.
 */
export function routeAlert(alert: Pick<Alert, 'camera_name' | 'risk_level' | 'stage'>, rules: RoutingRules, facts: RoutingFacts): Route {
  if (facts.hasFirst) return SEND // what was said has to be put right, at any hour
  if (facts.silence !== null) return { do: 'skip', reason: facts.silence }
  const { camera_name, risk_level } = alert
  const { cameras, minRisk, quietHours } = rules
  if (cameras !== null && !cameras.includes(camera_name)) return { do: 'skip', reason: 'camera_not_wanted' }
  if (minRisk !== null && isBelow(alert, minRisk)) return { do: 'skip', reason: 'below_min_risk' }
  if (quietHours !== null && isQuiet(quietHours, facts.now) && !isExcepted(risk_level, quietHours.exceptRisk))
    return quietHours.digest ? { do: 'hold', reason: 'quiet_hours' } : { do: 'skip', reason: 'quiet_hours' }
  return coolsDown(risk_level, rules, facts) ? { do: 'hold', reason: 'cooldown' } : SEND
}

function isBelow({ risk_level, stage }: Pick<Alert, 'risk_level' | 'stage'>, minRisk: RiskLevel): boolean {
  if (risk_level !== null) return !riskAtLeast(risk_level, minRisk)
  return stage === 'first' && minRisk !== 'low'
}

function isExcepted(risk: RiskLevel | null, exceptRisk: RiskLevel | null): boolean {
  return risk !== null && exceptRisk !== null && riskAtLeast(risk, exceptRisk)
}

function coolsDown(risk: RiskLevel | null, { cooldownMs }: RoutingRules, { now, lastSent }: RoutingFacts): boolean {
  return lastSent !== null && isCoolingDown(lastSent, cooldownMs, now) && rankOf(risk) <= rankOf(lastSent.risk)
}

/** A clock that was set back must not silence a camera for longer. */
export function isCoolingDown({ atMs }: Pick<Sent, 'atMs'>, cooldownMs: number, now: Date): boolean {
  const elapsedMs = now.getTime() - atMs
  return elapsedMs >= 0 && elapsedMs < cooldownMs
}

/** Nobody knows better of an alert without a risk, so it neither passes a cooldown nor lets a low one pass. */
function rankOf(risk: RiskLevel | null): number {
  return risk === null ? 0 : RISK_LEVELS.indexOf(risk)
}
