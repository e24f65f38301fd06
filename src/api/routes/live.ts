import { z } from 'zod'
import type { Api, ApiContext } from '../context.ts'
import { sendProblem } from '../problems.ts'

export function liveRoutes(app: Api, { eventStream }: ApiContext): void {
  app.get(
    '/api/v1/events',
    {
      schema: {
        summary: 'Events of clips and cameras as they happen (server-sent events)',
        description:
          'Each `clip_event` carries one event of a clip as JSON, each `camera_event` the new state of a camera: {camera_name, state, detail, ts}. Missed events are not replayed: ask for /clips/{id}/events and /cameras.',
        tags: ['live'],
        response: { 200: { description: 'Endless', content: { 'text/event-stream': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => {
      if (!eventStream.hasRoom()) return sendProblem(reply, 'TOO_MANY_CLIENTS')
      const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)] as const)
      reply.hijack()
      eventStream.attach(reply.raw, Object.fromEntries(headers))
      return reply
    },
  )
}
