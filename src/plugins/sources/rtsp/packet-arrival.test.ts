import { expect, test } from 'vitest'
import { PacketArrival } from './packet-arrival.ts'

test('nobody knows when the first packet came', () => {
  expect(new PacketArrival().timeOf(66, 1000)).toBeNull()
})

test.each([
  ['a packet came when the one before it was passed on', 66, 1134],
  ['where every packet is told of, that is when the one before was', 200, 1000],
  ['a wall clock that was set forward makes it no older than the line before', 3_600_000, 1000],
  ['a wall clock that was set back makes it no younger than its own line', -3_600_000, 1200],
])('%s', (_, sinceLastMs, arrivedMs) => {
  const arrival = new PacketArrival()
  arrival.timeOf(0, 1000)
  expect(arrival.timeOf(sinceLastMs, 1200)).toBe(arrivedMs)
})
