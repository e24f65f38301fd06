import { expect, test } from 'vitest'
import type { ComponentHealth } from '../contracts/health.ts'
import type { SystemNews } from '../core/alerts/system-alerts.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { watchOutages } from './watch-outages.ts'

const part = (component: string, name: string, status: ComponentHealth['status']): ComponentHealth => {
  return { component, name, status, detail: 'no route', checked_at: '' }
}

function setUp(...components: ComponentHealth[]) {
  const clock = new FakeClock()
  const told: SystemNews[] = []
  const cameras = [
    { name: 'front', offline_alert_s: 10 },
    { name: 'back', offline_alert_s: 300 },
  ]
  const now = { components }
  const alerts = { raise: (news: SystemNews) => void told.push(news) }
  const watch = watchOutages({ health: () => ({ status: 'degraded', ...now }), cameras, alerts, clock })
  return { clock, told, now, watch }
}

test('the owner hears of a camera that stays down, why and for how long, and of its return; not of a database', async () => {
  const { clock, told, now, watch } = setUp(part('camera', 'front', 'down'), part('database', 'embedded', 'down'))
  await using _watch = watch
  await clock.advance(10_000)
  expect(told).toEqual([])
  await clock.advance(2_000)
  expect(told).toHaveLength(1)
  await clock.advance(179_000)
  now.components = [part('camera', 'front', 'ok')]
  await clock.advance(1_000)
  expect(told).toEqual([
    {
      code: 'part_down',
      severity: 'error',
      message: 'The camera front has been down for 10 s: no route',
      camera_name: 'front',
      clip_id: null,
    },
    {
      code: 'part_up',
      severity: 'info',
      message: 'The camera front works again; it was down for 3 min.',
      camera_name: 'front',
      clip_id: null,
    },
  ])
})

test('each camera has its own patience; other parts are news after a minute', async () => {
  const { clock, told, watch } = setUp(part('camera', 'front', 'down'), part('camera', 'back', 'down'), part('storage', 'nas', 'down'))
  await using _watch = watch
  const toldAfter: number[] = []
  for (const passS of [12, 50, 240]) {
    await clock.advance(passS * 1000)
    toldAfter.push(told.length)
  }
  expect(toldAfter).toEqual([1, 2, 3])
  expect(told.map(({ message }) => message.split(' has')[0])).toEqual(['The camera front', 'The storage nas', 'The camera back'])
})
