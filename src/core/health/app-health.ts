import type { AppHealth, ComponentHealth } from '../../contracts/health.ts'

/**
 * The one word for the whole. `unhealthy` when the pipeline does not run or no camera works; `degraded` when any part is down;
 * what is still starting counts as working. Pure.
 */
export function deriveHealth(components: readonly ComponentHealth[]): AppHealth {
  return { status: worst(components), components: [...components] }
}

function worst(components: readonly ComponentHealth[]): AppHealth['status'] {
  const cameras = components.filter(({ component }) => component === 'camera')
  const isDown = ({ status }: ComponentHealth) => status === 'down'
  if (components.some((part) => part.component === 'pipeline' && isDown(part))) return 'unhealthy'
  if (cameras.length > 0 && cameras.every(isDown)) return 'unhealthy'
  return components.some(isDown) ? 'degraded' : 'healthy'
}
