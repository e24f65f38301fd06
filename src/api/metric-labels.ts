/** Enough for any household; a bug that makes names up must not fill the memory of whoever scrapes. */
const MAX_NAMES = 100

/** Lets the first names through and calls the rest `other`. */
export function boundedNames(): (name: string) => string {
  const seen = new Set<string>()
  return (name) => {
    if (seen.has(name)) return name
    if (seen.size >= MAX_NAMES) return 'other'
    seen.add(name)
    return name
  }
}

const PREFIXES = ['risk_level', 'activity_type', 'detected_class', 'vlm_skipped', 'unverified'] as const
const WHOLE = ['alert_policy_disabled', 'notify_on_motion', 'below_threshold', 'nothing_detected'] as const

/** Why an alert was or was not made, without the part that varies: `risk_level=high` is `risk_level`. */
export function reasonClass(reason: string): string {
  const whole = WHOLE.find((known) => reason === known)
  if (whole !== undefined) return whole
  return PREFIXES.find((prefix) => reason.startsWith(`${prefix}=`) || reason.startsWith(`${prefix}:`)) ?? 'other'
}
