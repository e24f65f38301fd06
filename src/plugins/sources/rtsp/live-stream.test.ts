import { expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { LiveStream } from './live-stream.ts'
import { StreamClock } from './stream-clock.ts'

test.each([
  ['pictures are looked at as they come: up to now', 29_700, 20_000],
  ['they are looked at a keyframe interval late: up to the latest, and what comes late as a rule', 26_000, 16_500],
  ['none was looked at for long: up to now', 5_000, 20_000],
])('how long nothing moved, where %s', async (_where, lookedMs, quietMs) => {
  const clock = new FakeClock()
  const times = new StreamClock()
  times.observe(0, clock.monotonicMs())
  const stream = new LiveStream({ prefix: '1-', clock: times, ringIsGone: () => undefined })
  await clock.advance(30_000)
  stream.lastMotionMs = 10_000
  stream.lookedMs = lookedMs
  expect(stream.quietMs(clock)).toBe(quietMs)
})
