import { expect, test } from 'vitest'
import { ellipse, gradient, limb, newCanvas, paint, polygon, rectangle, type Canvas, type Colour } from './canvas.ts'

const RED: Colour = [255, 0, 0]

function at({ pixels, width }: Canvas, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
}

test('a rectangle fills exactly its pixels', () => {
  const canvas = newCanvas(6, 6)
  paint(canvas, rectangle(2, 1, 3, 2), RED)
  const painted = [...Array(36).keys()].filter((i) => at(canvas, i % 6, Math.floor(i / 6))[0] === 255)
  expect(painted).toEqual([8, 9, 10, 14, 15, 16])
})

test('the edge of a round shape is blended, its middle is solid and its outside untouched', () => {
  const canvas = newCanvas(21, 21)
  paint(canvas, ellipse([10.5, 10.5], 6.3, 6.3), RED)
  expect(at(canvas, 10, 10)).toEqual([255, 0, 0])
  expect(at(canvas, 1, 10)).toEqual([0, 0, 0])
  const row = [...Array(21).keys()].map((x) => at(canvas, x, 10)[0] ?? 0)
  expect(row.some((value) => value > 0 && value < 255)).toBe(true)
})

test('a limb covers both of its ends and the way between', () => {
  const canvas = newCanvas(20, 20)
  paint(canvas, limb([4, 4], [15, 15], 2, 1.5), RED)
  for (const place of [4, 9, 14]) expect(at(canvas, place, place)).toEqual([255, 0, 0])
  expect(at(canvas, 15, 4)).toEqual([0, 0, 0])
})

test('a polygon is filled between its corners only', () => {
  const canvas = newCanvas(20, 20)
  paint(canvas, polygon([6, 2], [14, 2], [19, 16], [1, 16]), RED)
  expect(at(canvas, 10, 9)).toEqual([255, 0, 0])
  expect(at(canvas, 2, 3)).toEqual([0, 0, 0])
  expect(at(canvas, 10, 18)).toEqual([0, 0, 0])
})

test('what hangs over the border is cut off', () => {
  const canvas = newCanvas(4, 4)
  paint(canvas, rectangle(-10, -10, 30, 11), RED)
  expect(at(canvas, 3, 0)).toEqual([255, 0, 0])
  expect(at(canvas, 0, 1)).toEqual([0, 0, 0])
})

test('a gradient starts with the first colour and ends near the second', () => {
  const canvas = newCanvas(1, 10)
  gradient(canvas, [0, 10], [0, 0, 0], [200, 100, 50])
  expect(at(canvas, 0, 0)).toEqual([0, 0, 0])
  expect(at(canvas, 0, 9)).toEqual([180, 90, 45])
})
