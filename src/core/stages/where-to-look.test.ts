import { expect, test } from 'vitest'
import { MOST_MOTION_SCORES } from '../../contracts/clip.ts'
import { whereToLook } from './where-to-look.ts'

const quiet = (seconds: number) => new Array<number>(seconds).fill(0)

test.each<[string, readonly number[] | null, number | null]>([
  ['nothing measured', null, null],
  ['no seconds', [], null],
  ['no motion at all', quiet(10), null],
  ['motion from the first second on', [2, 5, 9], null],
  ['a pre-roll of five seconds', [...quiet(5), 2, 5, 9, 4, 0], 5],
  ['motion that begins at its peak', [...quiet(5), 9, 2], 5],
  ['motion in the last second alone', [...quiet(9), 3], 9],
  ['the noise of a sensor before the motion', [0.1, 0.2, 0.1, 0.2, 3, 8], 4],
  ['a tree in the wind, then somebody', [0.6, 0.7, 0.5, 0.6, 4, 9], 4],
  ['somebody who comes up slowly', [0, 0, 1, 1.5, 2, 3, 5, 9], 2],
  ['a pause of two seconds on the way', [...quiet(4), 3, 0, 0, 9], 4],
  ['a longer pause: two events, the greater first', [...quiet(4), 3, 0, 0, 0, 9], 8],
  ['pauses of which each is short', [0, 0, 2, 0, 0, 2, 0, 0, 9], 2],
  ['two peaks of the same height', [0, 0, 9, 0, 0, 0, 0, 9], 2],
  ['a peak after which more moves', [...quiet(3), 9, 5, 5, 5], 3],
  ['a pause that reaches back to the beginning', [3, 0, 0, 9], null],
])('%s', (_what, scores, second) => {
  expect(whereToLook(scores)).toBe(second)
})

test('as many scores as a clip can have are no trouble', () => {
  expect(whereToLook([...quiet(MOST_MOTION_SCORES - 1), 1])).toBe(MOST_MOTION_SCORES - 1)
})
