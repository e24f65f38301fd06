import { expect, test } from 'vitest'
import { Heap } from './heap.ts'

test('what comes out is sorted, whatever order it went in', () => {
  const heap = new Heap<number>((a, b) => a < b)
  const values = [5, 3, 8, 1, 9, 2, 7, 3, 0, 6]
  for (const value of values) heap.push(value)
  expect(heap.size).toBe(values.length)
  expect(heap.peek()).toBe(0)
  expect(values.map(() => heap.pop())).toEqual(values.toSorted((a, b) => a - b))
  expect(heap.size).toBe(0)
})

test('pushes and pops may alternate', () => {
  const heap = new Heap<number>((a, b) => a < b)
  const model: number[] = []
  for (let step = 0; step < 2000; step += 1) {
    const value = (step * 7919) % 1009
    if (value % 3 === 0) {
      model.sort((a, b) => a - b)
      expect(heap.pop()).toBe(model.shift())
    } else {
      heap.push(value)
      model.push(value)
    }
  }
})

test('an empty heap has nothing', () => {
  const heap = new Heap<number>((a, b) => a < b)
  expect([heap.pop(), heap.peek()]).toEqual([undefined, undefined])
})
