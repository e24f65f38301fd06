import { describe, expect, test } from 'vitest'
import { Background } from './background.ts'

const SIZE = { width: 40, height: 25 }
const COUNT = SIZE.width * SIZE.height
const FRAME_MS = 200
const plain = new Uint8Array(COUNT).fill(100)
/** The first tenth of the picture is another grey. */
const covered = (level: number) => plain.map((before, at) => (at < COUNT / 10 ? level : before))

function background(absorbMs = 20_000, watched = new Uint8Array(COUNT).fill(1)): Background {
  const made = new Background(SIZE, watched, { pixelThreshold: 45, absorbMs })
  made.begin(plain)
  return made
}
/** Percent changed in each frame of so long a time. */
const show = (to: Background, pixels: Uint8Array, forMs: number) =>
  Array.from({ length: forMs / FRAME_MS }, () => to.subtract(pixels, FRAME_MS))

describe('what came and stands still', () => {
  test.each([150, 255, 50, 0])('counts until it belongs to the background, at grey level %i as at any other', (level) => {
    const changed = show(background(), covered(level), 25_000)
    expect(changed.lastIndexOf(10) * FRAME_MS).toBe(19_600)
    expect(changed.at(-1)).toBe(0)
  })

  test('leaves no trace when it goes after that', () => {
    const made = background()
    show(made, covered(200), 25_000)
    expect(show(made, plain, 1000)).toEqual([0, 0, 0, 0, 0])
    expect(made.subtract(covered(200), FRAME_MS)).toBe(10)
  })

  test('does not begin to count anew after a broken frame', () => {
    const made = background()
    show(made, covered(200), 18_000)
    made.subtract(plain, FRAME_MS)
    expect(show(made, covered(200), 4000).at(-1)).toBe(0)
  })

  test('never belongs to it where something comes and goes', () => {
    const made = background()
    const passing = () => [...show(made, covered(200), 3000), ...show(made, plain, 1000)]
    expect(Array.from({ length: 20 }, passing).at(-1)?.[0]).toBe(10)
  })
})

test('the background follows slowly what is no motion', () => {
  const made = background()
  show(made, covered(140), 20_000)
  expect(made.subtract(covered(175), FRAME_MS)).toBe(0)
  expect(made.subtract(covered(190), FRAME_MS)).toBe(10)
})

test('a covered background follows the light of the rest', () => {
  const made = background(600_000)
  for (let level = 100; level > 40; level -= 0.2)
    made.subtract(
      covered(250).map((at) => (at === 250 ? 250 : level)),
      FRAME_MS,
    )
  expect(
    made.subtract(
      plain.map(() => 40),
      FRAME_MS,
    ),
  ).toBe(0)
})

test('only watched pixels count, in percent of those', () => {
  const watched = Uint8Array.from({ length: COUNT }, (_, at) => (at < COUNT / 20 || at >= COUNT / 2 ? 1 : 0))
  expect(background(20_000, watched).subtract(covered(200), FRAME_MS)).toBeCloseTo((100 * 50) / 550)
  expect(background(20_000, new Uint8Array(COUNT)).subtract(covered(200), FRAME_MS)).toBe(0)
})
