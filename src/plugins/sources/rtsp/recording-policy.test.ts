import { describe, expect, test } from 'vitest'
import { recordingStep, type RecordingSituation, type RecordingStep } from './recording-policy.ts'

const POLICY = { stopDelayMs: 10_000, maxRecordingMs: 60_000 }
const situation = (isMotion: boolean, quietMs: number, recordedMs: number | null): RecordingSituation => ({ isMotion, quietMs, recordedMs })

describe('with 10 s to stop and clips of 60 s', () => {
  test.each<[string, RecordingSituation, RecordingStep]>([
    ['nothing ever moved', situation(false, Infinity, null), 'idle'],
    ['nothing moves any more', situation(false, 10_000, null), 'idle'],
    ['something moves', situation(true, 0, null), 'start'],
    ['the recorder died while it was wanted', situation(false, 9_999, null), 'start'],
    ['it still moves', situation(true, 0, 3_000), 'extend'],
    ['it stands still for a while', situation(false, 1_500, 10_500), 'idle'],
    ['it stands still for just under the delay', situation(false, 9_999, 19_000), 'idle'],
    ['it has been gone for the delay', situation(false, 10_000, 19_100), 'stop'],
    ['just under the longest clip', situation(true, 0, 59_999), 'extend'],
    ['the longest clip is full, and it moves', situation(true, 0, 60_000), 'rotate'],
    ['the longest clip is full, and it moved a moment ago', situation(false, 4_999, 60_000), 'rotate'],
    ['the longest clip is full, and the end is near', situation(false, 5_000, 64_000), 'idle'],
    ['the longest clip is over its length, and it moves again', situation(true, 0, 64_000), 'rotate'],
    ['the longest clip is full, and it is gone', situation(false, 10_000, 65_000), 'stop'],
  ])('%s', (_what, now, expected) => {
    expect(recordingStep(now, POLICY)).toBe(expected)
  })
})

test('motion at 9 s of a recording keeps it at 10.5 s and lets it end at 19.1 s', () => {
  const at = (nowMs: number) => recordingStep(situation(false, nowMs - 9_000, nowMs), POLICY)
  expect([at(10_500), at(18_900), at(19_100)]).toEqual(['idle', 'idle', 'stop'])
})

test('no clip is longer than the longest and half the delay, however the motion comes and goes', () => {
  for (let pauseMs = 500; pauseMs < 12_000; pauseMs += 500) {
    let lastMotionMs = 0
    let beganMs: number | null = null
    let longestMs = 0
    for (let nowMs = 0; nowMs < 400_000; nowMs += 500) {
      const isMotion = nowMs % (pauseMs + 500) === 0
      if (isMotion) lastMotionMs = nowMs
      const recordedMs = beganMs === null ? null : nowMs - beganMs
      longestMs = Math.max(longestMs, recordedMs ?? 0)
      const step = recordingStep({ isMotion, quietMs: nowMs - lastMotionMs, recordedMs }, POLICY)
      if (step === 'start' || step === 'rotate') beganMs = nowMs
      if (step === 'stop') beganMs = null
    }
    expect(longestMs).toBeLessThanOrEqual(POLICY.maxRecordingMs + POLICY.stopDelayMs / 2)
  }
})
