import { describe, expect, test } from 'vitest'
import { BoxBlur } from './box-blur.ts'

const SIZE = { width: 13, height: 9 }
const pattern = Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, at) => (at * at * 31 + at * 7) % 256)

function slowBlur(pixels: Uint8Array, kernel: number): readonly number[] {
  const radius = kernel >> 1
  const at = (x: number, y: number) =>
    pixels[Math.min(Math.max(y, 0), SIZE.height - 1) * SIZE.width + Math.min(Math.max(x, 0), SIZE.width - 1)] ?? 0
  return Array.from(pixels, (_, index) => {
    let sum = 0
    for (let dy = -radius; dy <= radius; dy += 1) {
      for (let dx = -radius; dx <= radius; dx += 1) sum += at((index % SIZE.width) + dx, Math.floor(index / SIZE.width) + dy)
    }
    return sum / kernel ** 2
  })
}

describe.each([3, 5, 7, 9, 31])('a blur of %i pixels', (kernel) => {
  test('is the mean of the square around each pixel, to half a grey level', () => {
    const expected = slowBlur(pattern, kernel)
    const worst = Math.max(...Array.from(new BoxBlur(SIZE, kernel).blur(pattern), (level, at) => Math.abs(level - (expected[at] ?? 0))))
    expect(worst).toBeLessThan(0.6)
  })

  test.each([0, 1, 127, 255])('leaves a flat picture of level %i as it is', (level) => {
    const flat = new Uint8Array(pattern.length).fill(level)
    expect(new BoxBlur(SIZE, kernel).blur(flat)).toEqual(flat)
  })

  test('remembers nothing of the frame before', () => {
    const blur = new BoxBlur(SIZE, kernel)
    const once = Uint8Array.from(blur.blur(pattern))
    blur.blur(new Uint8Array(pattern.length).fill(255))
    expect(blur.blur(pattern)).toEqual(once)
  })
})

test.each([0, 1])('a blur of %i pixels is none', (kernel) => {
  expect(new BoxBlur(SIZE, kernel).blur(pattern)).toBe(pattern)
})
