import { expect, test } from 'vitest'
import type { Detection } from '../contracts/detection.ts'
import { DetectionTally } from './detection-tally.ts'

const seen = (name: string, second: number, confidence = 0.6, size = 0.2): Detection => ({
  class: name,
  confidence,
  box: [0, 0, size, size],
  second,
})

test.each([
  ['one hit is enough', 1, false, [['person']], ['stop']],
  ['an empty frame is no hit', 1, false, [[], ['person']], ['more', 'stop']],
  ['two hits are two frames', 2, false, [['person'], [], ['person']], ['more', 'more', 'stop']],
  ['two classes in one frame are one hit', 2, false, [['person', 'dog'], ['dog']], ['more', 'stop']],
  ['a full scan never stops', 1, true, [['person'], ['person']], ['more', 'more']],
])('%s', (...row) => {
  const [, minHits, fullScan, frames, verdicts] = row
  const tally = new DetectionTally({ minHits, fullScan })
  expect(frames.map((classes, second) => tally.add(classes.map((name) => seen(name, second))))).toEqual(verdicts)
})

test('the result names classes by confidence, and the best frame', () => {
  const tally = new DetectionTally({ minHits: 1, fullScan: true })
  tally.add([])
  tally.add([seen('dog', 1, 0.6)])
  tally.add([seen('person', 2, 0.9, 0.1)])
  tally.add([seen('person', 3, 0.9, 0.4)])
  expect(tally.result('m')).toMatchObject({
    detected_classes: ['person', 'dog'],
    confidence: 0.9,
    model: 'm',
    sampled_frames: 4,
    first_hit_s: 1,
    best_frame_s: 3,
  })
})

test('what was looked at last, but happens first, comes first', () => {
  const tally = new DetectionTally({ minHits: 2, fullScan: false })
  for (const second of [7, 2]) tally.add([seen('person', second)])
  const { first_hit_s, detections } = tally.result('m')
  expect([first_hit_s, detections.map(({ second }) => second)]).toEqual([2, [2, 7]])
})

test('fewer hits than wanted are nothing', () => {
  const tally = new DetectionTally({ minHits: 2, fullScan: true })
  tally.add([seen('person', 0)])
  expect(tally.result('m')).toEqual({
    detected_classes: [],
    confidence: 0,
    model: 'm',
    sampled_frames: 1,
    first_hit_s: null,
    best_frame_s: null,
    detections: [],
  })
})

test.each([true, false])('the frame that satisfies min_hits is told of once (full scan: %j)', (fullScan) => {
  const told: number[] = []
  const tally = new DetectionTally({ minHits: 2, fullScan }, () => void told.push(tally.result('m').sampled_frames))
  for (const second of [0, 1, 2, 3]) tally.add(second === 1 ? [] : [seen('person', second)])
  expect(told).toEqual([3])
})
