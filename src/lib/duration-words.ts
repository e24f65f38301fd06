const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400

/** A length of time as one says it: two units at most, and no more exact than anybody wants to know. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 2 * MINUTE_S) return `${seconds} s`
  if (seconds < 2 * HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`
  const [unitS, unit, restS, rest] = seconds < DAY_S ? ([HOUR_S, 'h', MINUTE_S, 'min'] as const) : ([DAY_S, 'd', HOUR_S, 'h'] as const)
  const left = Math.floor((seconds % unitS) / restS)
  return `${Math.floor(seconds / unitS)} ${unit}${left === 0 ? '' : ` ${left} ${rest}`}`
}
