import { expect, test } from 'vitest'
import type { Media, MediaUnit } from './media.ts'
import { nextKeyframe, positionAt, unitAt } from './schedule.ts'

const unit = (index: number): MediaUnit => ({
  track: 'video',
  sendMs: 100 * index,
  shownMs: 100 * index,
  key: index % 3 === 0,
  index,
  parts: [],
})
const media: Media = {
  codec: 'h264',
  parameterSets: [],
  fps: 10,
  audio: null,
  units: [0, 1, 2, 3, 4].map(unit),
  durationMs: 500,
}
const live = { media, startMs: 10_000, loop: true }

test.each([
  [9_000, 0],
  [10_000, 0],
  [10_001, 1],
  [10_100, 1],
  [10_400, 4],
  [10_401, 5],
  [10_500, 5],
  [11_150, 12],
])('at %d the next frame is number %d', (nowMs, position) => {
  expect(positionAt(live, nowMs)).toBe(position)
})

test('times go on evenly over the end of the file', () => {
  const times = [3, 4, 5, 6, 14, 15].map((position) => unitAt(live, position))
  expect(times.map((scheduled) => scheduled?.sendAtMs)).toEqual([10_300, 10_400, 10_500, 10_600, 11_400, 11_500])
  expect(times.map((scheduled) => scheduled?.sceneAtMs)).toEqual([10_300, 10_400, 10_500, 10_600, 11_400, 11_500])
  expect(times.map((scheduled) => scheduled?.unit.index)).toEqual([3, 4, 0, 1, 4, 0])
})

test('a file that does not loop ends', () => {
  const once = { ...live, loop: false }
  expect(unitAt(once, 4)).not.toBeNull()
  expect(unitAt(once, 5)).toBeNull()
  expect(nextKeyframe(once, 4)).toBeNull()
})

test.each([
  [0, 10_000],
  [1, 10_300],
  [3, 10_300],
  [4, 10_500],
])('from position %d on the next keyframe is sent at %d', (position, sendAtMs) => {
  expect(nextKeyframe(live, position)?.sendAtMs).toBe(sendAtMs)
})
