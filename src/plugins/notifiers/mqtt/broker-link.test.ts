import { expect, test } from 'vitest'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { FakeClock, settle } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { BrokerLink } from './broker-link.ts'
import type { Session } from './session.ts'

const DOWN = pluginError('unavailable', 'down')
const signal = new AbortController().signal
const MESSAGE = { topic: 't', payload: 'p', qos: 1, retain: false } as const

/** A connection whose other end the test holds. */
function aSession(publish: () => Promise<Result<void, PluginError>> = async () => ok()) {
  let alive = true
  let close: (error: PluginError) => void = () => undefined
  const closed = new Promise<PluginError>((resolve) => {
    close = resolve
  })
  const end = () => {
    alive = false
    close(DOWN)
  }
  const session: Session = {
    get alive() {
      return alive
    },
    closed,
    publish,
    subscribe: async () => ok(),
    kill: end,
    end: async () => end(),
  }
  return { session, drop: end }
}

/** `outcomes` are the answers to each attempt to connect; the last one stands for all further ones. */
function aLink(outcomes: ReadonlyArray<Result<Session, PluginError>>, publishTimeoutMs = 1000) {
  const clock = new FakeClock()
  const log = memoryLogger()
  const attempts: number[] = []
  let online = 0
  const link = new BrokerLink({
    connect: async () => {
      const outcome = outcomes[Math.min(attempts.length, outcomes.length - 1)] ?? err(DOWN)
      attempts.push(clock.monotonicMs() / 1000 - Date.parse('2026-01-01T00:00:00.000Z') / 1000)
      return outcome
    },
    clock,
    log,
    publishTimeoutMs,
    random: () => 0.5,
    greetings: null,
    listen: null,
    onOnline: () => {
      online += 1
    },
  })
  return { link, clock, log, attempts, timesOnline: () => online }
}

test('a broker that is down is tried for ever, less and less often, and the log says so once', async () => {
  const { link, clock, log, attempts } = aLink([err(DOWN)])
  await clock.advance(120_000)
  expect(attempts).toEqual([0, 1, 3, 7, 15, 31, 61, 91])
  expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1)
  expect(await link.status(signal)).toMatchObject({ ok: false, error: DOWN })
  await link[Symbol.asyncDispose]()
})

test('a connection that ends at once does not make attempts in a hurry', async () => {
  const { session, drop } = aSession()
  drop()
  const { link, clock, attempts } = aLink([ok(session)])
  await clock.advance(10_000)
  expect(attempts).toEqual([0, 1, 3, 7])
  await link[Symbol.asyncDispose]()
})

test('after a connection that lasted, attempts begin with short waits again', async () => {
  const good = aSession()
  const { link, clock, attempts, timesOnline } = aLink([err(DOWN), err(DOWN), ok(good.session), err(DOWN)])
  await clock.advance(3000)
  expect(await link.status(signal)).toMatchObject({ ok: true })
  await clock.advance(60_000)
  good.drop()
  expect(link.online).toBe(false)
  await clock.advance(3000)
  expect(attempts).toEqual([0, 1, 3, 64, 66])
  expect(timesOnline()).toBe(1)
  await link[Symbol.asyncDispose]()
})

test('a publication without an answer ends the connection and is a timeout', async () => {
  const { session } = aSession(() => new Promise(() => undefined))
  const { link } = aLink([ok(session)], 5)
  await settle()
  expect(await link.publish(MESSAGE, signal)).toMatchObject({ ok: false, error: { kind: 'timeout' } })
  expect(link.online).toBe(false)
  await link[Symbol.asyncDispose]()
})

test('after disposal everything is cancelled', async () => {
  const { link } = aLink([ok(aSession().session)])
  await link[Symbol.asyncDispose]()
  await link[Symbol.asyncDispose]()
  expect(await link.status(signal)).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('a broker that hangs up on whoever subscribes still gets alerts, over the next connection', async () => {
  const clock = new FakeClock()
  let subscriptions = 0
  const link = new BrokerLink({
    connect: async () => {
      const { session, drop } = aSession()
      const hangUp = async () => {
        subscriptions += 1
        drop()
        return err(DOWN)
      }
      return ok({
        ...session,
        subscribe: hangUp,
        get alive() {
          return session.alive
        },
      })
    },
    clock,
    log: memoryLogger(),
    publishTimeoutMs: 1000,
    random: () => 0.5,
    greetings: null,
    listen: { topics: ['commands'], onMessage: () => undefined },
    onOnline: () => undefined,
  })
  await clock.advance(3_000)
  expect(await link.publish(MESSAGE, signal)).toMatchObject({ ok: true })
  expect(subscriptions).toBe(1)
  await link[Symbol.asyncDispose]()
})
