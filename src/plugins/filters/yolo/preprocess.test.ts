import { expect, test } from 'vitest'
import type { OutputLayout } from './output-layout.ts'
import { InputBuffer, placePicture, preprocessingFor } from './preprocess.ts'

const yolox: OutputLayout = { kind: 'yolox', output: 'o', classCount: 80, onGrid: true }
const yolov8: OutputLayout = { kind: 'yolov8', output: 'o', classCount: 80 }
const detr = (classCount: number): OutputLayout => ({ kind: 'detr', logits: 'l', boxes: 'b', activation: 'softmax', classCount })

const square = { width: 4, height: 4, channelsLast: false }
/** Two pixels side by side: red 10, green 20, blue 30, and the same plus 100. */
const picture = { width: 2, height: 1, rgb: Uint8Array.of(10, 20, 30, 110, 120, 130) }
const write = (layout: OutputLayout, input = square) => {
  const buffer = new InputBuffer(input, preprocessingFor(layout))
  buffer.write(picture)
  return buffer.data
}

test.each([
  ['corner', { x: 0, y: 0 }],
  ['centre', { x: 1, y: 1 }],
] as const)('a picture in the %s lies there', (where, place) => {
  expect(placePicture(picture, square, where)).toMatchObject(place)
})

test('YOLOX takes blue, green, red from 0 to 255, in the corner, on grey', () => {
  const data = write(yolox)
  expect([data[0], data[1], data[2]]).toEqual([30, 130, 114])
  expect([data[16], data[17]]).toEqual([20, 120])
  expect([data[32], data[33], data[47]]).toEqual([10, 110, 114])
})

test('YOLOv8 takes red, green, blue from 0 to 1, in the middle', () => {
  const data = write(yolov8)
  expect([data[5], data[6], data[16 + 5], data[32 + 5]]).toEqual([10, 110, 20, 30].map((byte) => Math.fround(byte / 255)))
  expect(data[0]).toBe(Math.fround(114 / 255))
})

test('colours of a pixel lie together where the model wants it so', () => {
  const data = write(yolov8, { ...square, channelsLast: true })
  expect([...data.subarray(15, 18)]).toEqual([10, 20, 30].map((byte) => Math.fround(byte / 255)))
})

test('DETR takes what ImageNet took, RT-DETR plain 0 to 1', () => {
  expect(write(detr(91))[0]).toBeCloseTo((10 / 255 - 0.485) / 0.229)
  expect(write(detr(91))[32]).toBeCloseTo((30 / 255 - 0.406) / 0.225)
  expect(write(detr(80))[0]).toBeCloseTo(10 / 255)
})

test('a picture of another size leaves nothing of the one before', () => {
  const buffer = new InputBuffer(square, preprocessingFor(yolox))
  buffer.write({ width: 4, height: 4, rgb: new Uint8Array(48).fill(7) })
  buffer.write(picture)
  expect(buffer.data[2]).toBe(114)
})
