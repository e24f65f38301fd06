import { expect, test } from 'vitest'
import { startSecondsOf } from './clip-name.ts'

test.each([
  ['front_door', 'front_door_1767225600.mp4', 1767225600],
  ['front_door', 'front_door_1767225600_2.mp4', 1767225600],
  ['cam_5', 'cam_5_1767225600.mp4', 1767225600],
  ['cam', 'cam_5_1767225600.mp4', null],
  ['front_door', 'back_door_1767225600.mp4', null],
])('the second of %s/%s is %s', (camera, clipId, seconds) => {
  expect(startSecondsOf(camera, clipId)).toBe(seconds)
})
