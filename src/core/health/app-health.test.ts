import { expect, test } from 'vitest'
import type { ComponentHealth } from '../../contracts/health.ts'
import { deriveHealth } from './app-health.ts'

test('health is unhealthy without a working camera or pipeline, degraded with any part down, and healthy while parts start', () => {
  const part = (component: string, status: ComponentHealth['status']): ComponentHealth => ({
    component,
    name: '',
    status,
    detail: '',
    checked_at: '2026-01-01T00:00:00Z',
  })
  const status = (...parts: ComponentHealth[]) => deriveHealth(parts).status
  expect(status(part('pipeline', 'ok'), part('camera', 'ok'), part('database', 'ok'))).toBe('healthy')
  expect(status(part('pipeline', 'ok'), part('camera', 'starting'), part('filter', 'starting'))).toBe('healthy')
  expect(status(part('pipeline', 'ok'), part('camera', 'ok'), part('camera', 'down'))).toBe('degraded')
  expect(status(part('pipeline', 'ok'), part('database', 'down'))).toBe('degraded')
  expect(status(part('pipeline', 'ok'), part('camera', 'down'), part('camera', 'down'))).toBe('unhealthy')
  expect(status(part('pipeline', 'down'), part('camera', 'ok'))).toBe('unhealthy')
})
