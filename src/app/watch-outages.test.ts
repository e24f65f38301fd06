import { expect, test } from 'vitest'
import type { ComponentHealth } from '../contracts/health.ts'
import type { SystemNews } from '../core/system-alerts.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { watchOutages } from './watch-outages.ts'

test('the owner hears of a camera that stays down, with the reason, and of its return; not of a database', async () => {
  const clock = new FakeClock()
  const told: SystemNews[] = []
  let status: ComponentHealth['status'] = 'down'
  const part = (component: string, name: string): ComponentHealth => ({ component, name, status, detail: 'no route', checked_at: '' })
  const health = () => ({ status: 'degraded' as const, components: [part('camera', 'front'), part('database', 'embedded')] })
  await using _watch = watchOutages(health, { raise: (news) => void told.push(news) }, clock)
  await clock.advance(60_000)
  expect(told).toEqual([])
  await clock.advance(60_000)
  status = 'ok'
  await clock.advance(60_000)
  expect(told).toMatchObject([
    { code: 'part_down', camera_name: 'front', message: expect.stringContaining('no route') as string },
    { code: 'part_up', camera_name: 'front' },
  ])
})
