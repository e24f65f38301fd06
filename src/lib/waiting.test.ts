import { describe, expect, test } from 'vitest'
import { FakeClock, settle } from '../testkit/fake-clock.ts'
import { orAborted, startDeadline } from './deadline.ts'
import { every } from './every.ts'
import { systemClock } from './system-clock.ts'
import { untilAborted } from './until-aborted.ts'
import { within } from './within.ts'

const live = new AbortController().signal
const never = new Promise<never>(() => undefined)

/** Promises that nobody caught while `work` ran. */
async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = []
  const note = (cause: unknown) => void unhandled.push(cause)
  process.on('unhandledRejection', note)
  await work()
  await settle()
  process.off('unhandledRejection', note)
  return unhandled
}

describe('within', () => {
  test('work that ends in time, well or not, has settled', async () => {
    expect(await within(Promise.resolve(), 1000, live)).toBe(true)
    expect(await within(Promise.reject(new Error('x')), 1000, live)).toBe(true)
  })

  test('it waits no longer than asked', async () => {
    expect(await within(never, 5, live)).toBe(false)
  })

  test('it stops waiting when the signal aborts, also before it began', async () => {
    const stop = new AbortController()
    const waiting = within(never, 60_000, stop.signal)
    stop.abort()
    expect(await waiting).toBe(false)
    expect(await within(Promise.resolve(), 1000, stop.signal)).toBe(false)
  })
})

describe('deadline', () => {
  test('it aborts by itself after its time', async () => {
    using deadline = startDeadline(5, live)
    await untilAborted(deadline.signal)
    expect(String(deadline.signal.reason)).toMatch('no answer within 5 ms')
  })

  test('it aborts with its parent, at once if the parent has', () => {
    const parent = new AbortController()
    using before = startDeadline(60_000, parent.signal)
    parent.abort()
    using after = startDeadline(60_000, parent.signal)
    expect([before.signal.aborted, after.signal.aborted]).toEqual([true, true])
  })

  test('after its disposal the parent does not reach it', () => {
    const parent = new AbortController()
    const deadline = startDeadline(60_000, parent.signal)
    deadline[Symbol.dispose]()
    parent.abort()
    expect(deadline.signal.aborted).toBe(false)
  })

  test('work that ignores the signal is left behind, and its late failure harms nobody', async () => {
    const stop = new AbortController()
    let fail: (cause: Error) => void = () => undefined
    const work = new Promise<never>((_, reject) => (fail = reject))
    const unhandled = await unhandledDuring(async () => {
      const raced = orAborted(work, stop.signal)
      stop.abort(new Error('stopped'))
      await expect(raced).rejects.toThrow('stopped')
      fail(new Error('late'))
    })
    expect(unhandled).toEqual([])
  })

  test('work that fails although the signal had aborted before it began harms nobody', async () => {
    const unhandled = await unhandledDuring(async () => {
      await expect(orAborted(Promise.reject(new Error('refused')), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
    })
    expect(unhandled).toEqual([])
  })
})

describe('every', () => {
  test('it runs once each period, first after one', async () => {
    const clock = new FakeClock()
    let runs = 0
    await using _timer = every(
      1000,
      clock,
      async () => void (runs += 1),
      () => undefined,
    )
    await clock.advance(999)
    expect(runs).toBe(0)
    await clock.advance(2001)
    expect(runs).toBe(3)
  })

  test('work that fails is reported and tried again', async () => {
    const clock = new FakeClock()
    const errors: unknown[] = []
    const fails = () => Promise.reject(new Error('x'))
    await using _timer = every(1000, clock, fails, (cause) => errors.push(cause))
    await clock.advance(2000)
    expect(errors).toHaveLength(2)
  })

  test('disposal waits for the run under way and starts no other', async () => {
    const clock = new FakeClock()
    const seen: string[] = []
    const timer = every(
      1000,
      clock,
      async (signal) => {
        seen.push('begin')
        await untilAborted(signal)
        seen.push('end')
      },
      () => undefined,
    )
    await clock.advance(1000)
    await timer[Symbol.asyncDispose]()
    await clock.advance(5000)
    expect(seen).toEqual(['begin', 'end'])
  })
})

describe('system clock', () => {
  test('a sleep ends early when the signal aborts', async () => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(60_000, stop.signal)
    stop.abort()
    await sleeping
    await systemClock.sleep(60_000, stop.signal)
  })

  test('a sleep longer than a timer can hold does not end at once', async () => {
    const stop = new AbortController()
    let awake = false
    const sleeping = systemClock.sleep(2 ** 31, stop.signal).then(() => (awake = true))
    await systemClock.sleep(20, live)
    expect(awake).toBe(false)
    stop.abort()
    await sleeping
  })
})
