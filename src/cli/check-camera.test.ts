import { expect, test } from 'vitest'
import type { Accepted, ClipSink, ClipSource, SourceHealth } from '../contracts/source.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Result } from '../contracts/result.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { checkCamera } from './check-camera.ts'

/** Offers a file at once and reports what it is told to. */
class OneFileSource implements ClipSource {
  answer: Result<Accepted, PluginError> | null = null
  stopped = false
  readonly #states: SourceHealth['state'][]

  constructor(...states: SourceHealth['state'][]) {
    this.#states = states
  }

  async start(sink: ClipSink, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => (this.stopped = true))
    this.answer = await sink.accept({ path: '/inbox/a.mp4', original_name: 'a.mp4', start_ts: null, end_ts: null, take: 'move' })
  }

  health(): SourceHealth {
    const state = (this.#states.length > 1 ? this.#states.shift() : this.#states[0]) ?? 'starting'
    return { state, detail: state === 'down' ? 'no picture' : '', last_heartbeat: null }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function check(source: ClipSource): Promise<Result<string, string>> {
  const clock = new FakeClock()
  const checking = checkCamera(source, clock, new AbortController().signal)
  for (let passedMs = 0; passedMs < 6_000; passedMs += 100) await clock.advance(100)
  return checking
}

test.each([
  ['that works', ['ok'], { ok: true }],
  ['that works after a moment', ['starting', 'starting', 'ok'], { ok: true }],
  ['that is down', ['starting', 'down'], { ok: false, error: 'no picture' }],
  ['that never says', ['starting'], { ok: false, error: 'did not answer within 5 s' }],
] as const)('a camera %s is reported, its files stay, and it is stopped', async (_which, states, expected) => {
  const source = new OneFileSource(...states)
  expect(await check(source)).toMatchObject(expected)
  expect(source.answer).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(source.stopped).toBe(true)
})
