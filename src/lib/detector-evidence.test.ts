import { expect, test } from 'vitest'
import { pluginError, type ErrorKind, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { settle } from '../testkit/fake-clock.ts'
import { DetectorEvidence } from './detector-evidence.ts'

const never = new AbortController().signal
const failure = (kind: ErrorKind) => err(pluginError(kind, 'no'))

function setUp(answers: Result<null, PluginError>[]) {
  const signals: AbortSignal[] = []
  const evidence = new DetectorEvidence(async (signal) => {
    signals.push(signal)
    return answers.shift() ?? new Promise((resolve) => signal.addEventListener('abort', () => resolve(failure('cancelled'))))
  })
  return { evidence, signals }
}

test('a detector that has worked is not tried out again', async () => {
  const { evidence, signals } = setUp([ok(null)])
  expect([await evidence.ask(never), await evidence.ask(never)]).toEqual([ok(), ok()])
  expect(signals).toHaveLength(1)
})

test.each(['unavailable', 'rejected', 'bug'] as const)('after a job that was %s it is tried out again', async (kind) => {
  const { evidence, signals } = setUp([ok(null), failure(kind), ok(null)])
  expect(await evidence.ask(never)).toEqual(ok())
  evidence.note(failure(kind))
  expect(await evidence.ask(never)).toEqual(failure(kind))
  expect(await evidence.ask(never)).toEqual(ok())
  expect(signals).toHaveLength(3)
})

test.each(['invalid', 'cancelled'] as const)('a job that was %s says nothing against it', async (kind) => {
  const { evidence, signals } = setUp([ok(null)])
  expect(await evidence.ask(never)).toEqual(ok())
  evidence.note(failure(kind))
  expect(await evidence.ask(never)).toEqual(ok())
  expect(signals).toHaveLength(1)
})

test('a finished job is proof, even while it is still being tried out', async () => {
  const { evidence } = setUp([])
  const first = evidence.ask(never)
  evidence.note(ok(null))
  expect(await evidence.ask(never)).toEqual(ok())
  await evidence[Symbol.asyncDispose]()
  expect(await first).toEqual(failure('cancelled'))
})

test('who stops waiting does not stop the loading, and all who ask share it', async () => {
  const { evidence, signals } = setUp([])
  const stop = new AbortController()
  const asked = evidence.ask(stop.signal)
  await settle()
  stop.abort()
  expect(await asked).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  const second = evidence.ask(never)
  expect([signals.length, signals[0]?.aborted]).toEqual([1, false])
  await evidence[Symbol.asyncDispose]()
  expect(await second).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})
