import { expect, test } from 'vitest'
import { cameraStep, NOT_YET_SEEN, type CameraCondition, type CameraStep } from './camera-transition.ts'

const WORKING: CameraCondition = { state: 'ok', downSinceMs: null }
const DOWN: CameraCondition = { state: 'down', downSinceMs: 1_000 }
const TRYING: CameraCondition = { state: 'starting', downSinceMs: 1_000 }

test.each<[string, CameraCondition, CameraCondition['state'], CameraStep]>([
  ['not heard of yet', NOT_YET_SEEN, 'starting', { after: NOT_YET_SEEN, changed: false, outage: null }],
  ['there for the first time', NOT_YET_SEEN, 'ok', { after: WORKING, changed: true, outage: null }],
  ['working on', WORKING, 'ok', { after: WORKING, changed: false, outage: null }],
  ['down at the start', NOT_YET_SEEN, 'down', { after: { state: 'down', downSinceMs: 9_000 }, changed: true, outage: { state: 'began' } }],
  ['going down', WORKING, 'down', { after: { state: 'down', downSinceMs: 9_000 }, changed: true, outage: { state: 'began' } }],
  ['still down', DOWN, 'down', { after: DOWN, changed: false, outage: null }],
  ['trying to come back', DOWN, 'starting', { after: TRYING, changed: true, outage: null }],
  ['down again after a try: the same outage', TRYING, 'down', { after: DOWN, changed: true, outage: null }],
  ['back', DOWN, 'ok', { after: WORKING, changed: true, outage: { state: 'ended', forMs: 8_000 } }],
  ['back after a try', TRYING, 'ok', { after: WORKING, changed: true, outage: { state: 'ended', forMs: 8_000 } }],
  ['connecting anew without having failed', WORKING, 'starting', { after: NOT_YET_SEEN, changed: true, outage: null }],
])('a camera that is %s', (_what, before, state, step) => {
  expect(cameraStep(before, state, 9_000)).toEqual(step)
})
