import { describe, expect, test } from 'vitest'
import { ERROR_KINDS, isRetryable, pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { STORED, stageRunner, uploadStage } from '../../testkit/fake-stage.ts'
import { runStage, type Stage } from './run-stage.ts'

const TARGET = { clip_id: 'front_door_1767225600.mp4', attemptsBefore: 0 }
const live = new AbortController().signal
const down = (changes: Partial<PluginError> = {}) => err({ ...pluginError('unavailable', 'the storage is down'), ...changes })

/** A value that a stranger's JavaScript plugin might return. */
const hostile = (value: unknown) => value as never // the type system cannot stop a plugin written in JavaScript

describe('success', () => {
  test('a stage that works at once leaves its start and its result in the journal', async () => {
    const { runner, facts } = stageRunner()
    expect(await runStage(runner, uploadStage([ok(STORED)]), TARGET, live)).toEqual({ state: 'ok', value: STORED })
    expect(facts).toEqual([
      { event_type: 'upload_started', attempt: 1 },
      { event_type: 'upload_completed', attempt: 1, duration_ms: 0, ...STORED },
    ])
  })

  test('what fails once and then works has a failed first and a completed second attempt', async () => {
    const { runner, facts, clock, exhausted } = stageRunner()
    const running = runStage(runner, uploadStage([down(), ok(STORED)]), TARGET, live)
    await clock.advance(100)
    expect(await running).toMatchObject({ state: 'ok' })
    expect(facts[1]).toMatchObject({ event_type: 'upload_failed', attempt: 1, will_retry: true })
    expect(facts[3]).toMatchObject({ event_type: 'upload_completed', attempt: 2 })
    expect(exhausted).toEqual([])
  })
})

test('what is not wanted any more once it has its slot is not begun, and leaves nothing in the journal', async () => {
  const { runner, facts, exhausted } = stageRunner()
  const stage = uploadStage([ok(STORED)], { isWanted: () => false })
  expect(await runStage(runner, stage, TARGET, live)).toEqual({ state: 'skipped', reason: 'not_wanted' })
  expect([facts, exhausted, stage.calls]).toEqual([[], [], []])
  expect(stage.slots.held).toBe(0)
})

describe('retries', () => {
  test.each(ERROR_KINDS.filter((kind) => kind !== 'cancelled'))('%s is tried again only if it can pass', async (kind) => {
    const { runner, clock, exhausted } = stageRunner()
    const stage = uploadStage([err(pluginError(kind, 'no'))])
    const running = runStage(runner, stage, TARGET, live)
    await clock.advance(60_000)
    expect(await running).toMatchObject({ state: 'failed', error: { kind, stage: 'upload', plugin: 'fake', clip_id: TARGET.clip_id } })
    expect(stage.calls).toHaveLength(isRetryable(kind) ? 3 : 1)
    expect(exhausted).toHaveLength(1)
  })

  test('waits grow between attempts', async () => {
    const { runner, clock } = stageRunner()
    const stage = uploadStage([down()])
    const running = runStage(runner, stage, TARGET, live)
    await clock.advance(99)
    expect(stage.calls).toHaveLength(1)
    await clock.advance(1)
    expect(stage.calls).toHaveLength(2)
    await clock.advance(199)
    expect(stage.calls).toHaveLength(2)
    await clock.advance(1)
    await running
    expect(stage.calls).toHaveLength(3)
  })

  test('the slot is free during the wait', async () => {
    const { runner, clock } = stageRunner()
    const slots = new Semaphore(1)
    const failing = runStage(runner, uploadStage([down()], { slots }), TARGET, live)
    await settle()
    expect(slots.held).toBe(0)
    expect(await runStage(runner, uploadStage([ok(STORED)], { slots }), TARGET, live)).toMatchObject({ state: 'ok' })
    await clock.advance(10_000)
    await failing
  })

  test('Retry-After is honoured', async () => {
    const { runner, clock } = stageRunner()
    const stage = uploadStage([down({ retryAfterMs: 30_000 }), ok(STORED)])
    const running = runStage(runner, stage, TARGET, live)
    await clock.advance(29_999)
    expect(stage.calls).toHaveLength(1)
    await clock.advance(1)
    expect(await running).toMatchObject({ state: 'ok' })
  })

  test('asked to wait longer than a minute, the stage gives up instead', async () => {
    const { runner, facts } = stageRunner()
    expect(await runStage(runner, uploadStage([down({ retryAfterMs: 60_001 })]), TARGET, live)).toMatchObject({ state: 'failed' })
    expect(facts.at(-1)).toMatchObject({ will_retry: false })
  })

  test.each([NaN, -1, Infinity])('a Retry-After of %s is no reason to hammer or to hang', async (retryAfterMs) => {
    const { runner, clock } = stageRunner()
    const stage = uploadStage([down({ retryAfterMs })])
    const running = runStage(runner, stage, TARGET, live)
    await clock.advance(99)
    expect(stage.calls).toHaveLength(1)
    await clock.advance(1000)
    await running
    expect(stage.calls).toHaveLength(3)
  })

  test('attempts of an earlier life of the clip are counted on', async () => {
    const { runner, facts } = stageRunner()
    await runStage(runner, uploadStage([ok(STORED)]), { ...TARGET, attemptsBefore: 4 }, live)
    expect(facts).toMatchObject([{ attempt: 5 }, { attempt: 5 }])
  })
})

describe('a stage that shows how it goes on', () => {
  const MINUTE_MS = 60_000

  test('may take as long as it needs', async () => {
    const { runner, clock, events } = stageRunner()
    const slow: Stage<'upload'>['attempt'] = async (signal, goesOn) => {
      for (let minutes = 0; minutes < 30; minutes += 1) {
        await clock.sleep(MINUTE_MS - 1, signal)
        goesOn()
      }
      return ok(STORED)
    }
    const running = runStage(runner, { ...uploadStage([], { timeoutMs: MINUTE_MS }), attempt: slow }, TARGET, live)
    await clock.advance(30 * MINUTE_MS)
    expect(await running).toEqual({ state: 'ok', value: STORED })
    expect(events()).toEqual(['upload_started', 'upload_completed'])
  })

  test('and then stands still is given up, and told from one that never began', async () => {
    const { runner, clock, facts } = stageRunner({ retry: { maxAttempts: 1, backoffMs: 0 } })
    const stuck: Stage<'upload'>['attempt'] = async (signal, goesOn) => {
      await clock.sleep(MINUTE_MS - 1, signal)
      goesOn()
      return new Promise(() => undefined)
    }
    const running = runStage(runner, { ...uploadStage([], { timeoutMs: MINUTE_MS }), attempt: stuck }, TARGET, live)
    await clock.advance(2 * MINUTE_MS - 2)
    expect(facts).toHaveLength(1)
    await clock.advance(1)
    const message = 'fake went on for a while, but then did nothing more for 60 s'
    expect(await running).toMatchObject({ state: 'failed', error: { kind: 'timeout', message } })
  })
})

describe('plugins that break their contract', () => {
  test.each([
    ['throws at once', () => { throw new Error('boom s3cret') }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('boom s3cret'))],
    ['returns nothing', async () => hostile(undefined)],
    ['returns a string', async () => hostile('done')],
    ['returns an error without a kind', async () => hostile({ ok: false, error: { message: 'x' } })],
    ['returns an error without a message', async () => hostile({ ok: false, error: { kind: 'unavailable' } })],
    ['returns success without a result', async () => hostile({ ok: true })],
    ['returns a result that does not fit', async () => hostile({ ok: true, value: { storage_uri: 7, view_url: null } })],
  ])('one that %s is a bug, told once and not tried again', async (_what, attempt) => {
    const { runner, facts, exhausted } = stageRunner()
    const outcome = await runStage(runner, { ...uploadStage([]), attempt }, TARGET, live)
    expect(outcome).toMatchObject({ state: 'failed', error: { kind: 'bug' } })
    expect(facts.map(({ event_type }) => event_type)).toEqual(['upload_started', 'upload_failed'])
    expect(exhausted).toHaveLength(1)
    expect(JSON.stringify([facts, exhausted[0]?.message])).not.toContain('s3cret')
  })

  test('one that answers without a promise is understood', async () => {
    const { runner } = stageRunner()
    const outcome = await runStage(runner, { ...uploadStage([]), attempt: () => hostile(ok(STORED)) }, TARGET, live)
    expect(outcome).toEqual({ state: 'ok', value: STORED })
  })

  test('one that never answers is a timeout, and its slot is free again', async () => {
    const { runner, clock } = stageRunner({ retry: { maxAttempts: 1, backoffMs: 0 } })
    const stage = uploadStage([() => new Promise(() => undefined)], { timeoutMs: 10 })
    const running = runStage(runner, stage, TARGET, live)
    await clock.advance(10)
    expect(await running).toMatchObject({ state: 'failed', error: { kind: 'timeout', message: 'fake gave no answer within 0.01 s' } })
    expect([stage.slots.held, stage.calls[0]?.aborted]).toEqual([0, true])
  })

  test('one that calls itself cancelled though nobody cancelled is tried again', async () => {
    const { runner, clock } = stageRunner()
    const running = runStage(runner, uploadStage([err(pluginError('cancelled', 'socket closed')), ok(STORED)]), TARGET, live)
    await clock.advance(1000)
    expect(await running).toMatchObject({ state: 'ok' })
  })
})

describe('shutdown', () => {
  const cancelled = { state: 'failed', error: { kind: 'cancelled' } }

  test('a stage that waits for its slot is cancelled without a verdict', async () => {
    const { runner, exhausted, events } = stageRunner()
    const stop = new AbortController()
    const stage = uploadStage([ok(STORED)])
    using _busy = await stage.slots.acquire(live)
    const running = runStage(runner, stage, TARGET, stop.signal)
    stop.abort()
    expect(await running).toMatchObject(cancelled)
    expect([stage.calls, exhausted, events()]).toEqual([[], [], ['upload_failed']])
  })

  test('a stage under way is cancelled even if the plugin does not listen', async () => {
    const { runner, facts, exhausted } = stageRunner()
    const stop = new AbortController()
    const running = runStage(runner, uploadStage([() => new Promise(() => undefined)]), TARGET, stop.signal)
    await settle()
    stop.abort()
    expect(await running).toMatchObject(cancelled)
    expect(facts.at(-1)).toMatchObject({ will_retry: false, error: { kind: 'cancelled' } })
    expect(exhausted).toEqual([])
  })

  test('a stage that waits for its retry is cancelled without another try', async () => {
    const { runner, exhausted } = stageRunner()
    const stop = new AbortController()
    const stage = uploadStage([down()])
    const running = runStage(runner, stage, TARGET, stop.signal)
    await settle()
    stop.abort()
    expect(await running).toMatchObject(cancelled)
    expect([stage.calls.length, exhausted]).toEqual([1, []])
  })

  test('an error that a plugin makes of the shutdown is no verdict', async () => {
    const { runner, exhausted } = stageRunner()
    const stop = new AbortController()
    const torn = async () => {
      stop.abort()
      return err(pluginError('invalid', 'the file ended early'))
    }
    expect(await runStage(runner, uploadStage([torn]), TARGET, stop.signal)).toMatchObject(cancelled)
    expect(exhausted).toEqual([])
  })
})

test('a failure is logged once, without the secret that was in its message', async () => {
  const { runner, log, facts, exhausted } = stageRunner()
  await runStage(runner, uploadStage([err(pluginError('rejected', 'bad key s3cret'))]), TARGET, live)
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  expect(JSON.stringify([facts, exhausted, log.lines])).not.toContain('s3cret')
})
