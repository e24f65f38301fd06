import { expect, test } from 'vitest'
import { settle } from '../testkit/fake-clock.ts'
import { inBatches } from './in-batches.ts'

const live = new AbortController().signal

test('every item is worked on, never more at once than allowed, and items are taken only when their turn comes', async () => {
  let taken = 0
  let atOnce = 0
  let most = 0
  function* items() {
    for (; taken < 100;) yield taken++
  }
  await inBatches(items(), 4, live, async () => {
    atOnce += 1
    most = Math.max(most, atOnce)
    expect(taken).toBeLessThanOrEqual(100)
    await settle()
    atOnce -= 1
  })
  expect([taken, most]).toEqual([100, 4])
})

test('nothing new is begun once the signal aborts', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  await inBatches([1, 2, 3, 4], 1, stop.signal, async (item) => {
    seen.push(item)
    if (item === 2) stop.abort()
  })
  expect(seen).toEqual([1, 2])
})

test('the first failure is passed on', async () => {
  await expect(inBatches([1, 2], 2, live, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
})
