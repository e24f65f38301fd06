import { setMaxListeners } from 'node:events'
import { expect, test } from 'vitest'
import { Semaphore } from './semaphore.ts'

const live = () => new AbortController().signal

/** Notes in which order waiters got their slot. */
function queue(semaphore: Semaphore, signal: AbortSignal) {
  const order: string[] = []
  const enter = async (name: string, lane: 'live' | 'backlog' = 'live') => {
    const slot = await semaphore.acquire(signal, lane)
    order.push(slot === null ? `${name} refused` : name)
    slot?.[Symbol.dispose]()
  }
  return { order, enter }
}

test('a slot that is free is given at once, and given again after its release', async () => {
  const semaphore = new Semaphore(1)
  const first = await semaphore.acquire(live())
  expect(semaphore.held).toBe(1)
  first?.[Symbol.dispose]()
  expect(semaphore.held).toBe(0)
  expect(await semaphore.acquire(live())).not.toBeNull()
})

test('those who wait are served in their order', async () => {
  const semaphore = new Semaphore(1)
  const { order, enter } = queue(semaphore, live())
  const held = await semaphore.acquire(live())
  const waiting = [enter('a'), enter('b'), enter('c')]
  expect(semaphore.waiting).toBe(3)
  held?.[Symbol.dispose]()
  await Promise.all(waiting)
  expect(order).toEqual(['a', 'b', 'c'])
})

test('new clips go before those left over from an earlier run', async () => {
  const semaphore = new Semaphore(1)
  const { order, enter } = queue(semaphore, live())
  const held = await semaphore.acquire(live())
  const waiting = [enter('old', 'backlog'), enter('new', 'live')]
  held?.[Symbol.dispose]()
  await Promise.all(waiting)
  expect(order).toEqual(['new', 'old'])
})

test('a slot released twice is one slot', async () => {
  const semaphore = new Semaphore(1)
  const slot = await semaphore.acquire(live())
  slot?.[Symbol.dispose]()
  slot?.[Symbol.dispose]()
  await semaphore.acquire(live())
  expect(semaphore.held).toBe(1)
})

test('whoever waits when the signal aborts goes away without a slot and costs nobody theirs', async () => {
  const semaphore = new Semaphore(1)
  const leaving = new AbortController()
  const held = await semaphore.acquire(live())
  const left = semaphore.acquire(leaving.signal)
  const stays = semaphore.acquire(live())
  leaving.abort()
  expect(await left).toBeNull()
  expect(semaphore.waiting).toBe(1)
  held?.[Symbol.dispose]()
  expect(await stays).not.toBeNull()
  expect(await semaphore.acquire(leaving.signal)).toBeNull()
})

test('an abort right after the slot was granted does not lose the slot', async () => {
  const semaphore = new Semaphore(1)
  const leaving = new AbortController()
  const held = await semaphore.acquire(live())
  const next = semaphore.acquire(leaving.signal)
  held?.[Symbol.dispose]()
  leaving.abort()
  const slot = await next
  slot?.[Symbol.dispose]()
  expect(semaphore.held).toBe(0)
})

test('a thousand waiters leave together', async () => {
  const semaphore = new Semaphore(1)
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  await semaphore.acquire(live())
  const waiting = Array.from({ length: 1000 }, () => semaphore.acquire(leaving.signal))
  leaving.abort()
  expect((await Promise.all(waiting)).every((slot) => slot === null)).toBe(true)
  expect(semaphore.waiting).toBe(0)
})
