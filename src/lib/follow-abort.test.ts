import { expect, test } from 'vitest'
import { followAbort } from './follow-abort.ts'

test('a controller follows a signal, also one that aborted before, but not once it was let go', () => {
  const [leader, follower, late, free] = [new AbortController(), new AbortController(), new AbortController(), new AbortController()]
  followAbort(follower, leader.signal)
  followAbort(free, leader.signal)[Symbol.dispose]()
  leader.abort(new Error('enough'))
  followAbort(late, leader.signal)
  expect([follower, late, free].map(({ signal }) => signal.aborted)).toEqual([true, true, false])
  expect(follower.signal.reason).toBe(leader.signal.reason)
})
