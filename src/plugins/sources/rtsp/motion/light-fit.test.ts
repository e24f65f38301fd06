import { describe, expect, test } from 'vitest'
import { LightFit } from './light-fit.ts'

const THRESHOLD = 45
const background = Uint8Array.from({ length: 1000 }, (_, at) => 40 + ((at * 37) % 160))
const lit = (light: (level: number) => number) => background.map((level) => Math.min(255, Math.max(0, light(level))))
const fitted = (frame: Uint8Array) => {
  const fit = new LightFit()
  const isCorrected = fit.fit(background, frame, background.length, THRESHOLD)
  return { isCorrected, tone: fit.tone }
}
const neutral = Uint8Array.from({ length: 256 }, (_, level) => level)

describe('the light of the whole picture', () => {
  test.each<[string, (level: number) => number]>([
    ['brighter', (level) => level + 30],
    ['much darker', (level) => level - 80],
    ['less contrast', (level) => level * 0.5 + 50],
    ['twice as bright, some of it too bright', (level) => level * 1.6],
    ['another gamma', (level) => 255 * (level / 255) ** 0.7],
  ])('%s: the background is expected as it is now', (_what, light) => {
    const { isCorrected, tone } = fitted(lit(light))
    expect(isCorrected).toBe(true)
    const worst = Math.max(...background.map((level) => Math.abs((tone[level] ?? 0) - Math.min(255, Math.max(0, light(level))))))
    expect(worst).toBeLessThan(THRESHOLD / 2)
  })

  test('is found though a third of the picture is covered', () => {
    const frame = lit((level) => level - 60).map((level, at) => (at % 3 === 0 ? 10 : level))
    expect(fitted(frame).tone[150]).toBeCloseTo(90, -1)
  })
})

describe('there is nothing to correct', () => {
  test.each([
    ['for noise', background.map((level, at) => level + (at % 5) - 2)],
    ['where something covers a third', background.map((level, at) => (at % 3 === 0 ? 10 : level))],
    ['where something covers two thirds', background.map((level, at) => (at % 3 === 0 ? level : 10))],
  ])('%s', (_what, frame) => {
    expect(fitted(frame)).toEqual({ isCorrected: false, tone: neutral })
  })

  test('after the light is back', () => {
    const fit = new LightFit()
    fit.fit(
      background,
      lit((level) => level + 60),
      background.length,
      THRESHOLD,
    )
    fit.fit(background, background, background.length, THRESHOLD)
    expect(fit.tone).toEqual(neutral)
  })

  test('without samples', () => {
    expect(new LightFit().fit(background, background, 0, THRESHOLD)).toBe(false)
  })
})
