import { expect, test } from 'vitest'
import type { Canvas } from './canvas.ts'
import { drawScene, drawStreet, SCENE_TIMING } from './scene.ts'

const street = drawStreet(320, 240)

/** The columns in which a frame differs from the empty street. */
function changedColumns(frame: Canvas): { first: number; last: number } | null {
  const columns = new Set<number>()
  for (let i = 0; i < frame.pixels.length; i += 3) {
    if (frame.pixels[i] !== street.pixels[i] || frame.pixels[i + 1] !== street.pixels[i + 1]) columns.add((i / 3) % frame.width)
  }
  return columns.size === 0 ? null : { first: Math.min(...columns), last: Math.max(...columns) }
}

test('the street is empty before the figure comes and after it has left', () => {
  for (const second of [0, SCENE_TIMING.entersAtS, SCENE_TIMING.leavesAtS, 11.9]) {
    expect(changedColumns(drawScene(street, second))).toBeNull()
  }
})

test('the figure walks from the left edge to the right edge', () => {
  const places = [4, 5, 6, 7, 8].map((second) => changedColumns(drawScene(street, second)))
  const middles = places.map((place) => (place === null ? NaN : (place.first + place.last) / 2))
  expect(middles).toEqual([...middles].sort((a, b) => a - b))
  expect(middles[0]).toBeLessThan(100)
  expect(middles.at(-1)).toBeGreaterThan(220)
})

test('its legs move while it walks', () => {
  const widths = [5, 5.15, 5.3, 5.45].map((second) => {
    const place = changedColumns(drawScene(street, second))
    return place === null ? 0 : place.last - place.first
  })
  expect(new Set(widths).size).toBeGreaterThan(1)
})

test('drawing a frame leaves the street as it was', () => {
  const before = street.pixels.slice()
  drawScene(street, 6)
  expect(Buffer.compare(street.pixels, before)).toBe(0)
})
