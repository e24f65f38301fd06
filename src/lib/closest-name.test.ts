import { expect, test } from 'vitest'
import { closestName } from './closest-name.ts'

test.each([
  ['front_dor', 'front_door'],
  ['fornt_door', 'front_door'],
  ['Backyard', 'backyard'],
  ['bakcyard', 'backyard'],
  ['pool', null],
  ['', null],
])('%j is nearest to %j', (name, nearest) => {
  expect(closestName(name, ['front_door', 'backyard', 'garage'])).toBe(nearest)
})

test('without candidates there is no suggestion', () => {
  expect(closestName('x', [])).toBeNull()
})
