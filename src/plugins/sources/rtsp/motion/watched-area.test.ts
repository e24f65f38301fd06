import { expect, test } from 'vitest'
import { watchedArea } from './watched-area.ts'
import type { Corner } from './motion-settings.ts'

/** A row of text for each row of pixels; # is watched. */
function drawn(masks: readonly (readonly Corner[])[]): readonly string[] {
  const area = watchedArea({ width: 8, height: 4 }, masks)
  return Array.from({ length: 4 }, (_, y) => Array.from(area.subarray(y * 8, y * 8 + 8), (watched) => (watched === 1 ? '#' : '.')).join(''))
}

// prettier-ignore
test.each<[string, readonly (readonly Corner[])[], readonly string[]]>([
  ['no mask', [], ['########', '########', '########', '########']],
  ['the left half', [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]], ['....####', '....####', '....####', '....####']],
  ['corners the other way round', [[[0, 1], [0.5, 1], [0.5, 0], [0, 0]]], ['....####', '....####', '....####', '....####']],
  ['the whole picture', [[[0, 0], [1, 0], [1, 1], [0, 1]]], ['........', '........', '........', '........']],
  ['a triangle', [[[0, 0], [1, 1], [0, 1]]], ['.#######', '...#####', '.....###', '.......#']],
  ['two that overlap', [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]], [[0.25, 0], [0.75, 0], [0.75, 0.5], [0.25, 0.5]]],
    ['......##', '......##', '....####', '....####']],
  ['a notch', [[[0, 0], [1, 0], [1, 1], [0.75, 1], [0.75, 0.5], [0.25, 0.5], [0.25, 1], [0, 1]]],
    ['........', '........', '..####..', '..####..']],
])('%s', (_what, masks, expected) => {
  expect(drawn(masks)).toEqual(expected)
})
