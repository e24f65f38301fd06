import { expect, test } from 'vitest'
import { FakeClock } from '../testkit/fake-clock.ts'
import { startSilenceDeadline } from './silence-deadline.ts'

const live = new AbortController().signal

test('aborts when nothing is heard for its time', async () => {
  const clock = new FakeClock()
  using deadline = startSilenceDeadline(1000, live, clock)
  await clock.advance(999)
  expect([deadline.signal.aborted, deadline.isHeard]).toEqual([false, false])
  await clock.advance(1)
  expect(deadline.signal.aborted).toBe(true)
})

test('begins anew with every sign of life', async () => {
  const clock = new FakeClock()
  using deadline = startSilenceDeadline(1000, live, clock)
  for (let signs = 0; signs < 5; signs += 1) {
    await clock.advance(999)
    deadline.heard()
  }
  await clock.advance(999)
  expect([deadline.signal.aborted, deadline.isHeard]).toEqual([false, true])
  await clock.advance(1)
  expect(deadline.signal.aborted).toBe(true)
})

test('follows its parent', () => {
  const parent = new AbortController()
  using deadline = startSilenceDeadline(1000, parent.signal, new FakeClock())
  parent.abort()
  expect(deadline.signal.aborted).toBe(true)
  using late = startSilenceDeadline(1000, parent.signal, new FakeClock())
  expect(late.signal.aborted).toBe(true)
})

test('is over once disposed of', async () => {
  const clock = new FakeClock()
  const parent = new AbortController()
  const deadline = startSilenceDeadline(1000, parent.signal, clock)
  deadline[Symbol.dispose]()
  await clock.advance(5000)
  parent.abort()
  expect(deadline.signal.aborted).toBe(false)
})
