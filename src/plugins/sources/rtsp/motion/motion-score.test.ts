import { describe, expect, test } from 'vitest'
import { MotionScores } from './motion-score.ts'

const scoresOf = (entries: readonly (readonly [ms: number, pct: number])[], keepS = 60) => {
  const scores = new MotionScores(keepS)
  for (const [ms, pct] of entries) scores.add(ms, pct)
  return scores
}

describe('the score of a second', () => {
  test('is its largest changed area, to two places', () => {
    const scores = scoresOf([
      [0, 1],
      [200, 3.14159],
      [400, 2],
      [1200, 0.5],
    ])
    expect(scores.scoresFor(0, 2000)).toEqual([3.14, 0.5])
  })

  test('counts from the start of the clip, which lies between whole seconds', () => {
    const scores = scoresOf([
      [10_400, 9],
      [10_600, 1],
      [11_400, 2],
      [11_600, 3],
      [12_600, 9],
    ])
    expect(scores.scoresFor(10_500, 12_500)).toEqual([2, 3])
  })

  test('is there for the broken second at the end, without what follows the clip', () => {
    expect(
      scoresOf([
        [0, 1],
        [1250, 2],
        [1500, 9],
      ]).scoresFor(0, 1500),
    ).toEqual([1, 2])
  })

  test('is 0 where nothing is known', () => {
    expect(scoresOf([[2000, 5]]).scoresFor(-1000, 3000)).toEqual([0, 0, 0, 5])
  })

  test('is forgotten when it is older than what is kept', () => {
    const scores = scoresOf(
      [
        [0, 5],
        [9000, 1],
        [12_000, 2],
      ],
      10,
    )
    expect(scores.scoresFor(0, 1000)).toEqual([0])
    expect(scores.scoresFor(9000, 13_000)).toEqual([1, 0, 0, 2])
  })

  test('begins anew when the stream counts from the start again', () => {
    const scores = scoresOf(
      [
        [50_000, 7],
        [0, 1],
      ],
      10,
    )
    expect(scores.scoresFor(0, 1000)).toEqual([1])
  })

  test('of an empty clip is none', () => {
    expect(scoresOf([]).scoresFor(5000, 5000)).toEqual([])
  })
})
