import { z } from 'zod'
import type { Api, ApiContext } from '../context.ts'

export function metaRoutes(app: Api, { deps: { metrics } }: ApiContext): void {
  app.get(
    '/api/v1/metrics',
    {
      schema: {
        summary: 'Prometheus metrics',
        tags: ['health'],
        response: { 200: { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  )

  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
