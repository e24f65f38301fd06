import { expect, test } from 'vitest'
import { GreyScene, SCENE } from '../../../../testkit/grey-scene.ts'
import { isStructureKept } from './kept-structure.ts'

const yard = new GreyScene().picture().pixels

test.each<[string, boolean, Parameters<GreyScene['picture']>[0]]>([
  ['a lamp lights a part', true, { light: (level, x, y) => level + 100 * Math.exp(-((x - 240) ** 2 + (y - 90) ** 2) / 6400) }],
  ['the sun comes out on one side', true, { light: (level, x) => (x > 200 ? level * 1.6 : level) }],
  ['a cloud takes half of the light', true, { light: (level) => level * 0.5 }],
  ['a lamp lights a part, seen by a noisy camera', true, { light: (level, x) => (x > 160 ? level + 60 : level), noise: 4 }],
  ['someone dark stands there', false, { things: [{ x: 100, y: 80, width: 30, height: 90, level: 15 }] }],
  ['someone bright stands there', false, { things: [{ x: 100, y: 80, width: 30, height: 90, level: 250 }] }],
  ['a lorry covers most', false, { things: [{ x: 20, y: 20, width: 260, height: 150, level: 220 }] }],
  ['only the sky, which is flat, is brighter', false, { light: (level, _x, y) => (y < 36 ? level + 50 : level) }],
  ['nothing changes', false, {}],
])('%s: the structure is kept: %s', (_what, isKept, moment) => {
  const { pixels } = new GreyScene().picture(moment)
  const level = (from: Uint8Array, at: number) => from[at] ?? 0
  const isChanged = (at: number) => Math.abs(level(pixels, at) - level(yard, at)) > 45
  expect(isStructureKept({ size: SCENE, pixels, expected: (at) => level(yard, at), isChanged })).toBe(isKept)
})
