import { expect, test } from 'vitest'
import { classNamesOf, parseNames } from './class-names.ts'
import { overlap, suppressOverlaps } from './nms.ts'
import { recogniseLayout } from './output-layout.ts'
import { toDetections } from './to-detections.ts'

const size = { width: 640, height: 640 }
const output = (name: string, ...dims: number[]) => ({ name, dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) })

test.each([
  ['YOLOX', [output('output', 1, 8400, 85)], null, { kind: 'yolox', classCount: 80, onGrid: true }],
  ['YOLOv5', [output('output0', 1, 25200, 85)], null, { kind: 'yolov5', classCount: 80 }],
  ['YOLOv5 with one class', [output('output0', 1, 25200, 6)], null, { kind: 'yolov5', classCount: 1 }],
  ['YOLOv8', [output('output0', 1, 84, 8400)], null, { kind: 'yolov8', classCount: 80 }],
  ['YOLOv8 for poses, whose metadata names one class', [output('output0', 1, 56, 8400)], 1, { kind: 'yolov8', classCount: 1 }],
  ['YOLOv10', [output('output0', 1, 300, 6)], null, { kind: 'end_to_end' }],
  ['DETR', [output('logits', 1, 100, 92), output('pred_boxes', 1, 100, 4)], null, { kind: 'detr', activation: 'softmax', classCount: 91 }],
  [
    'RT-DETR',
    [output('pred_boxes', 1, 300, 4), output('logits', 1, 300, 80)],
    null,
    { kind: 'detr', activation: 'sigmoid', classCount: 80 },
  ],
  [
    'a DETR of one own class',
    [output('logits', 1, 9, 2), output('pred_boxes', 1, 9, 4)],
    1,
    { kind: 'detr', activation: 'softmax', classCount: 1 },
  ],
] as const)('%s is recognised by its outputs', (...row) => {
  const [, outputs, named, layout] = row
  expect(recogniseLayout(outputs, size, named)).toMatchObject({ ok: true, value: layout })
})

test('decoded YOLOX is told from raw by its centres', () => {
  const decoded = output('output', 1, 8400, 85)
  for (let row = 0; row < 8400; row += 1) decoded.data[row * 85] = (row % 80) * 8
  expect(recogniseLayout([decoded], size, null)).toMatchObject({ ok: true, value: { onGrid: false } })
})

test('unknown outputs are named', () => {
  expect(recogniseLayout([output('y', 1, 1000)], size, null)).toEqual({
    ok: false,
    error: 'its outputs (y 1×1000) are of no layout that we know',
  })
})

test.each([
  ['the same', [0, 0, 10, 10], 1],
  ['apart', [20, 0, 30, 10], 0],
  ['touching', [10, 0, 20, 10], 0],
  ['half', [5, 0, 15, 10], 1 / 3],
] as const)('a box that is %s overlaps accordingly', (_, other, share) => {
  expect(overlap([0, 0, 10, 10], other)).toBeCloseTo(share)
})

test('overlaps are removed within a class only, the surest stays', () => {
  const box = [0, 0, 10, 10] as const
  const kept = suppressOverlaps(
    [
      { classIndex: 0, confidence: 0.6, box },
      { classIndex: 0, confidence: 0.9, box },
      { classIndex: 1, confidence: 0.5, box },
      { classIndex: 0, confidence: 0.7, box: [8, 0, 18, 10] },
    ],
    0.45,
  )
  expect(kept.map(({ confidence }) => confidence)).toEqual([0.9, 0.7, 0.5])
})

test('names are read as exporters write them', () => {
  expect(parseNames(`{0: 'person', 1: "bird's nest", 2: 'traffic light'}`)).toEqual(
    new Map([
      [0, 'person'],
      [1, "bird's nest"],
      [2, 'traffic light'],
    ]),
  )
  expect(parseNames(undefined)).toBeNull()
})

test.each([
  [80, 79, 'toothbrush'],
  [91, 1, 'person'],
  [91, 18, 'dog'],
  [91, 90, 'toothbrush'],
  [91, 12, undefined],
])('of %d classes, number %d is %s', (count, index, name) => {
  expect(classNamesOf(count, null)?.get(index)).toBe(name)
})

test('boxes become fractions of the frame, cut at its edges; small and unwanted ones go', () => {
  const context = {
    placed: { x: 0, y: 100, width: 400, height: 200 },
    second: 3,
    names: new Map([
      [0, 'person'],
      [1, 'cat'],
    ]),
    request: { classes: ['person'], min_box_h_ratio: 0.25 },
  }
  const candidate = (box: readonly [number, number, number, number], classIndex = 0) => ({ classIndex, confidence: 0.9, box })
  const found = toDetections(
    [candidate([-40, 50, 200, 200]), candidate([0, 100, 100, 300], 1), candidate([0, 100, 100, 140]), candidate([0, 0, 50, 90])],
    context,
  )
  expect(found).toEqual([{ class: 'person', confidence: 0.9, box: [0, 0, 0.5, 0.5], second: 3 }])
})
