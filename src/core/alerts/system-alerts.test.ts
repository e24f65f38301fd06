import { expect, test } from 'vitest'
import type { SystemAlert } from '../../contracts/alert.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import { FakeClock, settle } from '../../testkit/fake-clock.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { SystemAlerts, type SystemNews } from './system-alerts.ts'

const NEWS: SystemNews = { code: 'disk_full', severity: 'error', message: 'full s3cret', camera_name: 'front_door', clip_id: null }
type Send = (alert: SystemAlert, signal: AbortSignal) => Promise<Result<void, PluginError>>

function setUp(...sends: Send[]) {
  const clock = new FakeClock()
  const log = memoryLogger()
  const alerts = new SystemAlerts({
    clock,
    log,
    retry: { maxAttempts: 3, backoffMs: 100 },
    timeoutMs: 60_000,
    notifiers: sends.map((sendSystem, nth) => ({
      name: `n${nth}`,
      notifier: { send: async () => ok(), sendSystem },
      slots: new Semaphore(1),
    })),
    redact: (text) => text.replaceAll('s3cret', '***'),
  })
  return { clock, log, alerts }
}

test('news reach every notifier and the log, without secrets', async () => {
  const told: SystemAlert[] = []
  const keep: Send = async (alert) => {
    told.push(alert)
    return ok()
  }
  const { alerts, log } = setUp(keep, keep)
  alerts.raise(NEWS)
  await settle()
  expect(told).toMatchObject([{ message: 'full ***', ts: '2026-01-01T00:00:00.000Z' }, { code: 'disk_full' }])
  expect(JSON.stringify(log.lines)).not.toContain('s3cret')
})

test('the same trouble is told once in ten minutes, another one at once', async () => {
  let told = 0
  const { alerts, clock } = setUp(async () => {
    told += 1
    return ok()
  })
  alerts.raise(NEWS)
  alerts.raise(NEWS)
  alerts.raise({ ...NEWS, camera_name: 'back_door' })
  await settle()
  expect(told).toBe(2)
  await clock.advance(600_000)
  alerts.raise(NEWS)
  await settle()
  expect(told).toBe(3)
})

test.each<[string, Send]>([
  ['throws', () => { throw new Error('boom s3cret') }], // prettier-ignore
  ['returns nothing', async () => undefined as never], // a stranger's JavaScript may
  ['is down', async () => err(pluginError('unavailable', 'down s3cret'))],
])('a notifier that %s keeps no other from hearing, and is logged once', async (_what, bad) => {
  let told = 0
  const { alerts, clock, log } = setUp(bad, async () => {
    told += 1
    return ok()
  })
  alerts.raise(NEWS)
  await clock.advance(10_000)
  expect(told).toBe(1)
  expect(log.lines.filter(({ fields }) => fields['event_type'] === 'system_alert_not_delivered')).toHaveLength(1)
  expect(JSON.stringify(log.lines)).not.toContain('s3cret')
})

test('a notifier that is down for a moment hears of it all the same', async () => {
  let tries = 0
  const { alerts, clock } = setUp(async () => ((tries += 1) === 1 ? err(pluginError('unavailable', 'down')) : ok()))
  alerts.raise(NEWS)
  await clock.advance(100)
  expect(tries).toBe(2)
})

test('a shutdown waits for what is being told', async () => {
  let told = false
  const { alerts } = setUp(async () => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    told = true
    return ok()
  })
  alerts.raise(NEWS)
  await alerts[Symbol.asyncDispose]()
  expect(told).toBe(true)
})

test('news that must arrive are tried again until someone takes them, and are then told to nobody twice', async () => {
  let down = true
  let told = 0
  const { alerts, clock } = setUp(async () => {
    if (down) return err(pluginError('unavailable', 'down'))
    told += 1
    return ok()
  })
  const telling = alerts.tell(NEWS, new AbortController().signal)
  await clock.advance(3_600_000)
  down = false
  await clock.advance(3_600_000)
  expect([await telling, told]).toEqual([true, 1])
})

test('news that must arrive are not told when a shutdown comes first', async () => {
  const { alerts, clock } = setUp(async () => err(pluginError('unavailable', 'down')))
  const stop = new AbortController()
  const telling = alerts.tell(NEWS, stop.signal)
  await clock.advance(10_000)
  stop.abort()
  expect(await telling).toBe(false)
})
