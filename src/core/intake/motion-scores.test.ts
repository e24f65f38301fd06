import { expect, test } from 'vitest'
import { MOST_MOTION_SCORES } from '../../contracts/clip.ts'
import { motionScores } from './motion-scores.ts'

test.each<[string, readonly number[] | null | undefined, number[] | null]>([
  ['a source that does not know of motion', undefined, null],
  ['a source that measured none', null, null],
  ['an empty list', [], null],
  ['plain scores', [0, 1.5, 100], [0, 1.5, 100]],
  ['long fractions', [1 / 3, 2 / 3], [0.33, 0.67]],
  ['scores beyond the scale', [-1, 250, Infinity, -Infinity], [0, 100, 100, 0]],
  ['scores that are no numbers', [NaN, 2], [0, 2]],
])('%s', (_what, measured, kept) => {
  expect(motionScores(measured)).toEqual(kept)
})

test('what is longer than a clip can use is cut off at its end', () => {
  const scores = Array.from({ length: MOST_MOTION_SCORES + 10 }, (_, second) => second % 100)
  expect(motionScores(scores)).toEqual(scores.slice(0, MOST_MOTION_SCORES))
})
