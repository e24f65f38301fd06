import { RISK_LEVELS, type RiskLevel } from '../../contracts/analysis.ts'
import type { HoldReason } from '../../contracts/clip-events.ts'
import { isQuiet, wallClock } from './quiet-hours.ts'
import { isCoolingDown, type RoutingRules, type Sent } from './route-alert.ts'

/** An alert that one notifier has not been told, and is to be told in a digest. */
export interface HeldAlert {
  readonly clip_id: string
  readonly camera_name: string
  readonly start_ts: string
  readonly reason: HoldReason
  readonly risk_level: RiskLevel | null
  /** One harmless line of at most `LONGEST_SUMMARY`. */
  readonly summary: string | null
}

const MOST_LINES = 20
export const LONGEST_SUMMARY = 160

export interface DigestFacts {
  readonly now: Date
  readonly lastSent: (cameraName: string) => Sent | null
}

/** Which of these may be told now: none while it is quiet, and none of a camera whose cooldown is not over. Pure. */
export function dueNow(held: readonly HeldAlert[], rules: RoutingRules, { now, lastSent }: DigestFacts): HeldAlert[] {
  if (rules.quietHours !== null && isQuiet(rules.quietHours, now)) return []
  return held.filter(({ reason, camera_name }) => {
    const last = reason === 'cooldown' ? lastSent(camera_name) : null
    return last === null || !isCoolingDown(last, rules.cooldownMs, now)
  })
}

/** One message for all of them, which are at least one: how many, then a line for each, the riskiest if there are too many. Pure. */
export function digestText(held: readonly HeldAlert[], timeZone: string | null): string {
  const shown = held
    .toSorted((a, b) => rankOf(b) - rankOf(a) || a.start_ts.localeCompare(b.start_ts))
    .slice(0, MOST_LINES)
    .sort((a, b) => a.start_ts.localeCompare(b.start_ts))
  const rest = held.length - shown.length
  return [
    `${held.length} ${held.length === 1 ? 'alert was' : 'alerts were'} held back${why(held)}:`,
    ...shown.map((alert) => lineOf(alert, timeZone)),
    ...(rest === 0 ? [] : [`and ${rest} more`]),
  ].join('\n')
}

function why(held: readonly HeldAlert[]): string {
  const words = { quiet_hours: 'in quiet hours', cooldown: 'so soon after another' }
  const [reason, ...others] = new Set(held.map((alert) => alert.reason))
  return reason === undefined || others.length > 0 ? '' : ` ${words[reason]}`
}

/** What nobody could judge may be anything. */
function rankOf({ risk_level }: HeldAlert): number {
  return risk_level === null ? RISK_LEVELS.indexOf('high') : RISK_LEVELS.indexOf(risk_level)
}

function lineOf({ camera_name, start_ts, risk_level, summary }: HeldAlert, timeZone: string | null): string {
  const { day, minute } = wallClock(new Date(start_ts), timeZone)
  const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  const seen = summary === null ? '' : `: ${summary}`
  return `${day} ${time} ${camera_name} (${risk_level === null ? 'not judged' : `${risk_level} risk`})${seen}`
}
