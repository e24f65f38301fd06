import { MOST_MOTION_SCORES } from '../../contracts/clip.ts'

/**
 * What a source measured, fit to be kept: bounded, in hundredths of a percent. A score that is no number counts as no motion, since
 * JSON has no word for it and the journal could not be read again. Pure.
 */
export function motionScores(measured: readonly number[] | null | undefined): number[] | null {
  if (measured == null || measured.length === 0) return null
  return measured.slice(0, MOST_MOTION_SCORES).map((score) => (Number.isNaN(score) ? 0 : hundredths(Math.min(Math.max(score, 0), 100))))
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
