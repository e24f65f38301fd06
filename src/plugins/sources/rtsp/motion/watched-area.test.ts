import { expect, test } from 'vitest'
import { runsOf, sampleOf, watchedArea } from './watched-area.ts'
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

test('runs of watched pixels are listed from their beginning to their end', () => {
  const runs = (watched: readonly number[]) => [...runsOf(Uint8Array.from(watched))]
  expect(runs([1, 1, 0, 0, 1, 0, 1])).toEqual([0, 2, 4, 5, 6, 7])
  expect(runs([0, 1, 1, 0])).toEqual([1, 3])
  expect(runs([0, 0])).toEqual([])
})

test('samples are watched pixels, spread over the picture, and no more than are needed', () => {
  const size = { width: 320, height: 180 }
  const samples = sampleOf(size, watchedArea(size, [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]])) // prettier-ignore
  expect(samples.length).toBeGreaterThan(300)
  expect(samples.length).toBeLessThanOrEqual(1024)
  expect(samples.every((at) => at % 320 >= 160)).toBe(true)
})
