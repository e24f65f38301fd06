import { expect, test } from 'vitest'
import { nextStep, recovery, type SessionStep } from './session-policy.ts'

test('seven bytes in parts of two are a start, two appends and a finish', () => {
  const steps: string[] = []
  for (let offset: number | null = null; ;) {
    const step: SessionStep = nextStep(offset, 7, 2)
    steps.push(`${step.do} ${step.start}-${step.end}`)
    if (step.do === 'finish') break
    offset = step.end
  }
  expect(steps).toEqual(['start 0-2', 'append 2-4', 'append 4-6', 'finish 6-7'])
})

test.each<[number | null, number, SessionStep]>([
  [null, 9, { do: 'start', start: 0, end: 4 }],
  [0, 9, { do: 'append', start: 0, end: 4 }],
  [3, 9, { do: 'append', start: 3, end: 4 }],
  [4, 9, { do: 'append', start: 4, end: 8 }],
  [5, 8, { do: 'finish', start: 5, end: 8 }],
  [8, 8, { do: 'finish', start: 8, end: 8 }],
])('with %s of %i bytes there, the next step is %j', (offset, size, step) => {
  expect(nextStep(offset, size, 4)).toEqual(step)
})

const append: SessionStep = { do: 'append', start: 4, end: 8 }
const finish: SessionStep = { do: 'finish', start: 8, end: 9 }
const start: SessionStep = { do: 'start', start: 0, end: 4 }

test.each<[SessionStep, string, number | null, object]>([
  [append, 'incorrect_offset', 8, { do: 'go_on', offset: 8 }],
  [append, 'incorrect_offset', 0, { do: 'go_on', offset: 0 }],
  [append, 'incorrect_offset', 4, { do: 'look' }],
  [append, 'incorrect_offset', 10, { do: 'look' }],
  [append, 'incorrect_offset', null, { do: 'give_up' }],
  [append, 'not_found', null, { do: 'look' }],
  [append, 'closed', null, { do: 'look' }],
  [append, 'content_hash_mismatch', null, { do: 'give_up' }],
  [append, '', null, { do: 'give_up' }],
  [finish, 'lookup_failed/incorrect_offset', 9, { do: 'go_on', offset: 9 }],
  [finish, 'lookup_failed/not_found', null, { do: 'look' }],
  [finish, 'lookup_failed/closed', null, { do: 'look' }],
  [finish, 'path/insufficient_space', null, { do: 'give_up' }],
  [finish, 'path/conflict/folder', null, { do: 'give_up' }],
  [start, 'not_found', null, { do: 'give_up' }],
])('after %j failed with %s (%s): %j', (step, tag, correctOffset, expected) => {
  expect(recovery({ tag, correctOffset }, step, 9)).toEqual(expected)
})
