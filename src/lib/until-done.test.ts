import { expect, test } from 'vitest'
import { FakeClock } from '../testkit/fake-clock.ts'
import { untilDone } from './until-done.ts'

const pace = (clock: FakeClock) => ({ clock, firstDelayMs: 1000, mostDelayMs: 60_000, random: () => 0.5 })

test('work is repeated, less and less often, until it is done', async () => {
  const clock = new FakeClock()
  const at: number[] = []
  const start = clock.monotonicMs()
  const work = async () => at.push((clock.monotonicMs() - start) / 1000) === 9
  const running = untilDone(work, pace(clock), new AbortController().signal)
  await clock.advance(3_600_000)
  await running
  expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183])
})

test('work is not begun again after a shutdown', async () => {
  const clock = new FakeClock()
  const stop = new AbortController()
  let runs = 0
  const work = async () => {
    runs += 1
    return false
  }
  const running = untilDone(work, pace(clock), stop.signal)
  await clock.advance(500)
  stop.abort()
  await running
  expect(runs).toBe(1)
})
