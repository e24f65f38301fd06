import { expect, test } from 'vitest'
import type { Accepted, ClipSink, ClipSource, SourceHealth, SourceReport } from '../contracts/source.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Result } from '../contracts/result.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { brokenSource } from '../app/broken-parts.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { checkCamera, type CameraFindings } from './check-camera.ts'

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

async function check(source: ClipSource): Promise<Result<CameraFindings, string>> {
  const clock = new FakeClock()
  const checking = checkCamera(source, clock, new AbortController().signal)
  for (let passedMs = 0; passedMs < 6_000; passedMs += 100) await clock.advance(100)
  return checking
}

test.each([
  ['that works', ['ok'], { ok: true, value: { report: null } }],
  ['that works after a moment', ['starting', 'starting', 'ok'], { ok: true, value: { report: null } }],
  ['that is down', ['starting', 'down'], { ok: false, error: 'no picture' }],
  ['that never says', ['starting'], { ok: false, error: 'did not answer within 5 s' }],
] as const)('a camera %s is reported, its files stay, and it is stopped', async (_which, states, expected) => {
  const source = new OneFileSource(...states)
  expect(await check(source)).toMatchObject(expected)
  expect(source.answer).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(source.stopped).toBe(true)
})

/** Knows its camera, and must not be started to tell of it. */
class ExplainingSource extends OneFileSource {
  readonly #told: Result<SourceReport, PluginError>

  constructor(told: Result<SourceReport, PluginError>) {
    super('ok')
    this.#told = told
  }

  async explain(): Promise<Result<SourceReport, PluginError>> {
    return this.#told
  }
}

const REPORT = { facts: ['One stream, H.264.'], advice: ['Send a keyframe every 2 s.'] }

test.each<[string, Result<SourceReport, PluginError>, object]>([
  ['works', ok(REPORT), { ok: true, value: { report: REPORT } }],
  ['does not', err(pluginError('rejected', 'the camera refuses the password')), { ok: false, error: 'the camera refuses the password' }],
])('a source that can explain its camera says alone that it %s, and is not started', async (_what, told, expected) => {
  const source = new ExplainingSource(told)
  expect(await check(source)).toEqual(expected)
  expect(source.answer).toBeNull()
})

test('a camera that could not be set up is reported with the reason', async () => {
  expect(await check(brokenSource('no such lens'))).toEqual({ ok: false, error: 'no such lens' })
})
