import { DiagnosticsBodySchema, HealthBodySchema, HealthV1BodySchema, type HealthV1Body } from '../../contracts/api/health.ts'
import type { AppHealth } from '../../contracts/health.ts'
import type { Api, ApiContext } from '../context.ts'

const STATUS = { healthy: 200, degraded: 200, unhealthy: 503 } as const
const OPEN = { access: 'open' } as const

export function healthRoutes(app: Api, { deps }: ApiContext): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/health',
    config: OPEN,
    schema: { summary: 'Is it working?', tags: ['health'], security: [], response: { 200: HealthBodySchema, 503: HealthBodySchema } },
    handler: async (_request, reply) => {
      const { status } = deps.health()
      return reply.code(STATUS[status]).send({ status })
    },
  })

  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/health',
    config: OPEN,
    schema: {
      summary: 'Is it working, and which kind of part is not?',
      tags: ['health'],
      security: [],
      response: { 200: HealthV1BodySchema, 503: HealthV1BodySchema },
    },
    handler: async (_request, reply) => {
      const health = deps.health()
      return reply.code(STATUS[health.status]).send({ status: health.status, components: countByComponent(health) })
    },
  })

  app.get(
    '/api/v1/diagnostics',
    {
      schema: {
        summary: 'Every part with its reason, and the effective configuration',
        tags: ['health'],
        response: { 200: DiagnosticsBodySchema },
      },
    },
    async () => {
      const { status, components } = deps.health()
      return {
        version: deps.version,
        uptime_s: deps.uptimeS(),
        health: { status, components: [...components] },
        cameras: [...deps.cameras()],
        gauges: deps.gauges(),
        config: deps.config(),
      }
    },
  )
}

function countByComponent({ components }: AppHealth): HealthV1Body['components'] {
  const kinds = [...new Set(components.map(({ component }) => component))]
  return kinds.map((kind) => {
    const count = (status: string) => components.filter((part) => part.component === kind && part.status === status).length
    return { component: kind, ok: count('ok'), starting: count('starting'), down: count('down') }
  })
}
