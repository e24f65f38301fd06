import { expect, test } from 'vitest'
import { FakeClock } from '../../../../testkit/fake-clock.ts'
import { LoginGuard } from './login-guard.ts'

function setUp() {
  const clock = new FakeClock()
  const guard = new LoginGuard({ maxFailures: 2, lockoutMs: 1000 }, clock)
  return { clock, guard }
}

test('so many wrong passwords in a row lock an address out, for this user and for a while', async () => {
  const { clock, guard } = setUp()
  expect(guard.failed('10.0.0.1', 'yard')).toBe(1)
  expect(guard.isLockedOut('10.0.0.1', 'yard')).toBe(false)
  expect(guard.failed('10.0.0.1', 'yard')).toBe(2)
  expect(guard.isLockedOut('10.0.0.1', 'yard')).toBe(true)
  expect(guard.isLockedOut('10.0.0.1', 'porch')).toBe(false)
  expect(guard.isLockedOut('10.0.0.2', 'yard')).toBe(false)
  await clock.advance(1000)
  expect(guard.isLockedOut('10.0.0.1', 'yard')).toBe(false)
})

test('tries while locked out do not lock out for longer', async () => {
  const { clock, guard } = setUp()
  guard.failed('a', 'yard')
  guard.failed('a', 'yard')
  await clock.advance(900)
  guard.failed('a', 'yard')
  await clock.advance(100)
  expect(guard.isLockedOut('a', 'yard')).toBe(false)
})

test('the right password makes up for the wrong ones', () => {
  const { guard } = setUp()
  guard.failed('a', 'yard')
  guard.succeeded('a', 'yard')
  expect(guard.failed('a', 'yard')).toBe(1)
})

test('it remembers no more than it can hold', () => {
  const { guard } = setUp()
  guard.failed('first', 'yard')
  for (let index = 0; index < 10_000; index += 1) guard.failed(`address ${index}`, 'yard')
  expect(guard.failed('first', 'yard')).toBe(1)
})
