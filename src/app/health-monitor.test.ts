import { expect, test } from 'vitest'
import type { ComponentHealth } from '../contracts/health.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { FakeClock, settle } from '../testkit/fake-clock.ts'
import { HealthMonitor, healthOf, type Pinged } from './health-monitor.ts'

function setUp(ping: Pinged['ping'], startsWithinMs = 0) {
  const clock = new FakeClock()
  const changes: ComponentHealth[] = []
  const monitor = new HealthMonitor({
    clock,
    cameras: () => [{ name: 'door', health: { state: 'ok', detail: '', last_heartbeat: null } }],
    pinged: [{ component: 'storage', name: 'nas', ping, startsWithinMs }],
    redact: (text) => text.replaceAll('s3cret', '***'),
    onChange: (part) => void changes.push(part),
  })
  const storage = () => monitor.health().components.find(({ component }) => component === 'storage')
  return { clock, changes, monitor, storage }
}

test('a part is starting until it answered, and then what it said', async () => {
  const { monitor, storage } = setUp(async () => ok())
  expect(storage()?.status).toBe('starting')
  await settle()
  expect([storage()?.status, monitor.health().status]).toEqual(['ok', 'healthy'])
  await monitor[Symbol.asyncDispose]()
  expect(monitor.health().status).toBe('unhealthy')
})

test('a part that goes down and comes back is told once each time, without secrets', async () => {
  let works = false
  const { clock, changes, monitor } = setUp(async () => (works ? ok() : err(pluginError('unavailable', 'no s3cret'))))
  await clock.advance(90_000)
  expect(changes).toMatchObject([{ status: 'down', detail: 'no ***' }])
  expect(monitor.health().status).toBe('degraded')
  works = true
  await clock.advance(30_000)
  expect(changes.map(({ status }) => status)).toEqual(['down', 'ok'])
  await monitor[Symbol.asyncDispose]()
})

test('without the pipeline everything is unhealthy, and it says why', async () => {
  await using monitor = new HealthMonitor({
    clock: new FakeClock(),
    cameras: () => [{ name: 'door', health: { state: 'ok', detail: '', last_heartbeat: null } }],
    pinged: [{ component: 'pipeline', name: '', ping: async () => err(pluginError('unavailable', 'the disk is full')), startsWithinMs: 0 }],
    redact: (text) => text,
    onChange: () => undefined,
  })
  await settle()
  expect(monitor.health()).toMatchObject({ status: 'unhealthy', components: [{}, { component: 'pipeline', detail: 'the disk is full' }] })
})

test.each<[string, Pinged['ping']]>([
  ['throws', () => { throw new Error('boom') }], // prettier-ignore
  ['returns nothing', async () => undefined as never], // a stranger's JavaScript may
])('a part that %s is down, and nothing breaks', async (_what, ping) => {
  const { monitor, storage } = setUp(ping)
  await settle()
  expect(storage()?.status).toBe('down')
  await monitor[Symbol.asyncDispose]()
})

test('a part that never answers does not hold up the shutdown', async () => {
  const { monitor } = setUp(() => new Promise(() => undefined))
  await monitor[Symbol.asyncDispose]()
})

test('each part has its own patience, and a slow one does not keep the others from being asked', async () => {
  const clock = new FakeClock()
  let asked = 0
  const waiting = () => new Promise<never>(() => undefined)
  let tell: (part: ComponentHealth) => void = () => undefined
  const changed = new Promise<ComponentHealth>((resolve) => (tell = resolve))
  const monitor = new HealthMonitor({
    clock,
    cameras: () => [],
    pinged: [
      { component: 'filter', name: 'yolo', ping: waiting, startsWithinMs: 0, timeoutMs: 3_600_000 },
      { component: 'storage', name: 'nas', ping: waiting, startsWithinMs: 0, timeoutMs: 1 },
      { component: 'notifier', name: 'mqtt', ping: async () => ok(void (asked += 1)), startsWithinMs: 0 },
    ],
    redact: (text) => text,
    onChange: (part) => tell(part),
  })
  expect(await changed).toMatchObject({ component: 'storage', status: 'down' })
  await clock.advance(60_000)
  expect(asked).toBe(3)
  expect(monitor.health().components.find(({ component }) => component === 'filter')?.status).toBe('starting')
  await monitor[Symbol.asyncDispose]()
})

test('a source that throws when asked is down', () => {
  const broken = { health: () => { throw new Error('boom') } } // prettier-ignore
  expect(healthOf(broken)).toMatchObject({ state: 'down' })
})
