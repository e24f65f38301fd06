import { expect, test } from 'vitest'
import { Leases } from './leases.ts'

function setUp() {
  const log: string[] = []
  let count = 0
  const leases = new Leases<AsyncDisposable & { readonly id: number }>()
  const take = (key: string) =>
    leases.take(key, () => {
      const id = (count += 1)
      log.push(`open ${id}`)
      return { id, [Symbol.asyncDispose]: async () => void log.push(`close ${id}`) }
    })
  return { take, log }
}

test('those who ask under one key share one, and it goes with the last of them', async () => {
  const { take, log } = setUp()
  const [first, second, other] = [take('a'), take('a'), take('b')]
  expect([first.resource.id, second.resource.id, other.resource.id]).toEqual([1, 1, 2])
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  expect(log).toEqual(['open 1', 'open 2'])
  await second[Symbol.asyncDispose]()
  expect(log).toEqual(['open 1', 'open 2', 'close 1'])
})

test('who asks while the last one closes it gets a new one', async () => {
  const { take } = setUp()
  const closing = take('a')[Symbol.asyncDispose]()
  expect(take('a').resource.id).toBe(2)
  await closing
})
