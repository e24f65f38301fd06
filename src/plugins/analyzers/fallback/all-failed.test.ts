import { expect, test } from 'vitest'
import { pluginError, type ErrorKind } from '../../../contracts/errors.ts'
import { allFailed, type Miss } from './all-failed.ts'

const miss = (name: string, kind: ErrorKind, againInMs: number | null = null): Miss => ({ name, error: pluginError(kind, kind), againInMs })

test.each<[string, readonly Miss[], ErrorKind, number | undefined]>([
  ['one that may work at once is tried again', [miss('a', 'rejected', 9000), miss('b', 'unavailable')], 'unavailable', undefined],
  ['a timeout is tried again', [miss('a', 'timeout'), miss('b', 'invalid')], 'timeout', undefined],
  ['when all have to wait, the shortest wait counts', [miss('a', 'unavailable', 9000), miss('b', 'timeout', 3000)], 'unavailable', 3000],
  ['one to ask at once shortens the wait of another', [miss('a', 'unavailable', 9000), miss('b', 'timeout')], 'unavailable', undefined],
  ['a wrong key is worth more than an answer of no use', [miss('a', 'invalid'), miss('b', 'rejected')], 'rejected', undefined],
  ['answers of no use alone are invalid', [miss('a', 'invalid'), miss('b', 'invalid', 500)], 'invalid', undefined],
])('%s', (_name, misses, kind, retryAfterMs) => {
  const error = allFailed(misses)
  expect(error.kind).toBe(kind)
  expect(error.retryAfterMs).toBe(retryAfterMs)
})

test('the message says of each what is wrong, and when it is asked again', () => {
  expect(allFailed([miss('home', 'unavailable', 1500), miss('cloud', 'rejected')]).message).toBe(
    'home: unavailable (asked again in 2 s); cloud: rejected',
  )
})
