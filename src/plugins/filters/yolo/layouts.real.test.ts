import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { echoModel, onnxModel, type ModelOutput, type TinyModel } from '../../../testkit/onnx-models.ts'
import { loadDetector } from './detector.ts'

const folder = mkdtempSync(join(tmpdir(), 'homesec-layouts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PERSON = 0
const DOG = 16
const request = {
  video_path: '',
  classes: ['person', 'dog'],
  min_confidence: 0.5,
  min_box_h_ratio: 0,
  min_hits: 1,
  sample_fps: 1,
  full_scan: false,
  look_first_s: null,
  iou_threshold: 0.45,
}
/** A frame of 64 × 32, so that a square input of 64 leaves 32 rows free: below it, or 16 above and 16 below. */
const frameOf = (width: number, height: number) => ({ width, height, rgb: new Uint8Array(width * height * 3), second: 2 })
const STRETCHED = frameOf(64, 64)

let count = 0
async function load(model: TinyModel | Buffer) {
  const path = join(folder, `model${(count += 1)}.onnx`)
  writeFileSync(path, 'outputs' in model ? onnxModel(model) : model)
  return loadDetector({ name: 'tiny', path, threads: 1, execution_provider: 'cpu' })
}

async function detect(model: TinyModel, frame = frameOf(64, 32)) {
  const detector = await load(model)
  if (!detector.ok) return expect.fail(detector.error.message)
  const found = await detector.value.look(frame, request)
  return found.map(({ class: name, confidence, box, second }) => [name, round(confidence), box.map(round), second])
}

const round = (value: number) => Math.round(value * 100) / 100

/** Rows of numbers, each padded with zeros. */
function rows(name: string, size: readonly [number, number], fill: Readonly<Record<number, readonly number[]>>): ModelOutput {
  const [rowCount, columns] = size
  const data = new Float32Array(rowCount * columns)
  for (const [row, values] of Object.entries(fill)) data.set(values, Number(row) * columns)
  return { name, dims: [1, rowCount, columns], data }
}

const scores = (count: number, classIndex: number, score: number) =>
  Array.from({ length: count }, (_, index) => (index === classIndex ? score : 0))

/** 64 × 64 has 8 × 8, 4 × 4 and 2 × 2 cells. */
const CELLS = 84
/** The box every model here reports, in pixels of its input: 16…32 across; down from 8 for a picture in the corner, from 24 in the middle. */
const CORNER = [24, 16, 16, 16] as const
const CENTRE = [24, 32, 16, 16] as const
const WANTED = [0.25, 0.25, 0.25, 0.5]

describe('output layouts, through the real runtime', () => {
  test('YOLOX raw: offsets on the grid', async () => {
    // Cell 19 of the stride-8 grid is column 3, row 2: (3 + 0) * 8 = 24, (2 + 0) * 8 = 16, exp(0.693) * 8 = 16.
    const person = [0, 0, Math.log(2), Math.log(2), 0.9, ...scores(80, PERSON, 1)]
    expect(await detect({ outputs: [rows('output', [CELLS, 85], { 19: person })] })).toEqual([['person', 0.9, WANTED, 2]])
  })

  test('YOLOX decoded: pixels, and overlapping boxes of one class are one', async () => {
    const fill: Record<number, number[]> = {}
    for (let row = 0; row < CELLS; row += 1) fill[row] = [32, 32, 8, 8, 0]
    fill[3] = [...CORNER, 0.8, ...scores(80, PERSON, 1)]
    fill[4] = [25, 16, 16, 16, 0.9, ...scores(80, PERSON, 0.8)]
    fill[5] = [...CORNER, 0.7, ...scores(80, DOG, 1)]
    expect(await detect({ outputs: [rows('output', [CELLS, 85], fill)] })).toEqual([
      ['person', 0.8, WANTED, 2],
      ['dog', 0.7, WANTED, 2],
    ])
  })

  test('YOLOv5: three boxes a cell, picture in the middle', async () => {
    const outputs = [rows('output0', [3 * CELLS, 85], { 100: [...CENTRE, 0.9, ...scores(80, DOG, 1)] })]
    expect(await detect({ outputs })).toEqual([['dog', 0.9, WANTED, 2]])
  })

  test('YOLOv8, 9, 11: a column per box', async () => {
    const cells = 189 // of 96 × 96; 64 × 64 has as many cells as this model has rows, and is a riddle
    const data = new Float32Array(84 * cells)
    const setBox = (box: number, values: readonly number[]) => values.forEach((value, row) => (data[row * cells + box] = value))
    setBox(7, [36, 48, 24, 24, ...scores(80, PERSON, 0.6)])
    setBox(8, [36, 48, 24, 24, ...scores(80, PERSON, 0.7)])
    const model = { input: { name: 'images', dims: [1, 3, 96, 96] }, outputs: [{ name: 'output0', dims: [1, 84, cells], data }] }
    expect(await detect(model, frameOf(96, 48))).toEqual([['person', 0.7, WANTED, 2]])
  })

  test('YOLOv10, 26: corners, score, class', async () => {
    const outputs = [rows('output0', [300, 6], { 0: [16, 24, 32, 40, 0.9, DOG], 1: [16, 24, 32, 40, 0.4, PERSON] })]
    expect(await detect({ outputs })).toEqual([['dog', 0.9, WANTED, 2]])
  })

  test('DETR: logits with a class for nothing, boxes as fractions, numbers of COCO with its gaps', async () => {
    const DOG_OF_91 = 18
    const logits = rows('logits', [3, 92], { 0: scores(92, DOG_OF_91, 20), 1: scores(92, 91, 20), 2: scores(92, 91, 20) })
    const boxes = rows('pred_boxes', [3, 4], { 0: [0.375, 0.5, 0.25, 0.5] })
    expect(await detect({ outputs: [logits, boxes] }, STRETCHED)).toEqual([['dog', 1, WANTED, 2]])
  })

  test('RT-DETR: independent scores of 80 classes', async () => {
    const none = Array.from({ length: 80 }, () => -10)
    const logits = rows('logits', [2, 80], { 0: none.with(PERSON, 3), 1: none })
    const boxes = rows('pred_boxes', [2, 4], { 0: [0.375, 0.5, 0.25, 0.5] })
    expect(await detect({ outputs: [logits, boxes] }, STRETCHED)).toEqual([['person', 0.95, WANTED, 2]])
  })
})

describe('what the model file says', () => {
  const box = (classIndex: number) => rows('output0', [300, 6], { 0: [16, 24, 32, 40, 0.9, classIndex] })

  test('class names come from its metadata', async () => {
    expect(await detect({ outputs: [box(1)], metadata: { stride: '32', names: "{0: 'cat', 1: 'dog'}" } })).toEqual([
      ['dog', 0.9, WANTED, 2],
    ])
  })

  test('classes that are not COCO and have no names are refused', async () => {
    const outputs = [rows('output0', [3 * CELLS, 12], {})]
    expect(await load({ outputs })).toMatchObject({
      ok: false,
      error: { kind: 'rejected', message: 'the model tiny cannot be used: it has 7 classes and does not name them' },
    })
  })

  test('an input of any size is 640 × 640', async () => {
    const detector = await load({ input: { name: 'images', dims: ['batch', 3, 'height', 'width'] }, outputs: [box(0)] })
    expect(detector).toMatchObject({ ok: true, value: { input: { width: 640, height: 640, channelsLast: false } } })
  })

  test('an input that is not square, with colours last, is taken as it is', async () => {
    const detector = await load({ input: { name: 'images', dims: [1, 96, 160, 3] }, outputs: [box(0)] })
    expect(detector).toMatchObject({ ok: true, value: { input: { width: 160, height: 96, channelsLast: true } } })
  })

  test.each([
    ['outputs of no known shape', echoModel({ name: 'images', dims: [1, 3, 64, 64] }), 'no layout that we know'],
    ['no model at all', Buffer.from('not a model'), 'cannot be used'],
    ['no picture', onnxModel({ input: { name: 'x', dims: [1, 5] }, outputs: [box(0)] }), 'takes no picture'],
  ])('a file with %s is refused with the reason', async (_, file, reason) => {
    const detector = await load(file)
    expect(detector).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringContaining(reason) as string } })
  })
})
