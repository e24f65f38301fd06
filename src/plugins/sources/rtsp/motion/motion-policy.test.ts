import { expect, test } from 'vitest'
import { neededPct } from './motion-policy.ts'

const IDLE = false
const RECORDING = true

test.each([
  { isRecording: IDLE, changedPct: 25, factor: 2, isMotion: false },
  { isRecording: RECORDING, changedPct: 25, factor: 2, isMotion: true },
  { isRecording: IDLE, changedPct: 30, factor: 2, isMotion: true },
  { isRecording: RECORDING, changedPct: 15, factor: 2, isMotion: true },
  { isRecording: RECORDING, changedPct: 14.9, factor: 2, isMotion: false },
  { isRecording: RECORDING, changedPct: 25, factor: 1, isMotion: false },
])('$changedPct % changed of 30 %, factor $factor, recording: $isRecording, is motion: $isMotion', (now) => {
  const needed = neededPct(now.isRecording, { minChangedPct: 30, recordingSensitivityFactor: now.factor })
  expect(now.changedPct >= needed).toBe(now.isMotion)
})
