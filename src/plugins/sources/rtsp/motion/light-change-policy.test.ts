import { describe, expect, test } from 'vitest'
import { isLightChange, isSameLightChange, mayBeLight, type LightSituation } from './light-change-policy.ts'

const QUIET: LightSituation = { rawPct: 0, previousRawPct: 0, largeForMs: 0, isStructureKept: false, sinceBeganMs: Infinity }
const JUMP = { rawPct: 90, previousRawPct: 2 }

describe('with a limit of 50 %', () => {
  test.each<[string, Partial<LightSituation>, boolean]>([
    ['nothing changes', {}, false],
    ['everything changes at once', JUMP, true],
    ['half changes at once', { rawPct: 50, previousRawPct: 0 }, true],
    ['not quite half changes at once', { rawPct: 49, previousRawPct: 0 }, false],
    ['a blurred frame lay in between', { rawPct: 80, previousRawPct: 40 }, true],
    ['someone comes up to the camera', { rawPct: 55, previousRawPct: 40 }, false],
    ['someone stands before it', { rawPct: 90, previousRawPct: 90, largeForMs: 19_999 }, false],
    ['the camera was turned', { rawPct: 90, previousRawPct: 90, largeForMs: 20_000 }, true],
    ['a lamp lights a corner', { rawPct: 4, previousRawPct: 0, isStructureKept: true }, true],
    ['it goes on', { ...JUMP, sinceBeganMs: 9_999 }, true],
    ['it flashes without end', { ...JUMP, sinceBeganMs: 10_000 }, false],
    ['it flashes still', { ...JUMP, isStructureKept: true, sinceBeganMs: 19_999 }, false],
    ['the next cloud comes', { ...JUMP, sinceBeganMs: 20_000 }, true],
  ])('%s', (_what, changes, expected) => {
    expect(isLightChange({ ...QUIET, ...changes }, 50)).toBe(expected)
  })
})

test('a limit of 100 % makes a jump motion, and still knows a lamp by what it lights', () => {
  expect(isLightChange({ ...QUIET, rawPct: 100 }, 100)).toBe(false)
  expect(isLightChange({ ...QUIET, rawPct: 100, isStructureKept: true }, 100)).toBe(true)
})

test.each([
  [0, true, true],
  [9_999, true, true],
  [10_000, false, true],
  [20_000, true, false],
  [Infinity, true, false],
])('%d ms after it began: it may be light: %s, the same: %s', (sinceBeganMs, may, same) => {
  expect([mayBeLight(sinceBeganMs), isSameLightChange(sinceBeganMs)]).toEqual([may, same])
})
