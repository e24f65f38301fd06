import {
  ClipDeletedBodySchema,
  ClipEventsBodySchema,
  ClipEventsQuerySchema,
  ClipListBodySchema,
  ClipListQuerySchema,
  ClipParamsSchema,
  ClipViewSchema,
} from '../../contracts/api/clips.ts'
import { clipNamed } from '../clip-named.ts'
import { decodeCursor, encodeCursor } from '../clip-cursor.ts'
import { toClipFilter } from '../clip-filter.ts'
import { QUERY_TIMEOUT_MS, STORAGE_TIMEOUT_MS, type Api, type ApiContext } from '../context.ts'
import { databaseProblem, sendProblem } from '../problems.ts'
import { answerWithin } from '../answer-within.ts'
import { withoutReceipt, withoutReceipts } from '../without-receipts.ts'

const TAGS = ['clips']

export function clipRoutes(app: Api, context: ApiContext): void {
  listRoute(app, context)
  eventsRoute(app, context)
  deleteRoute(app, context)

  app.get(
    '/api/v1/clips/:id',
    { schema: { summary: 'One clip', tags: TAGS, params: ClipParamsSchema, response: { 200: ClipViewSchema } } },
    async (request, reply) => {
      const clip = await clipNamed(request.params.id, context)
      return clip.ok ? clip.value : sendProblem(reply, clip.error)
    },
  )
}

function listRoute(app: Api, { deps, closing }: ApiContext): void {
  app.get(
    '/api/v1/clips',
    {
      schema: { summary: 'Clips, newest first', tags: TAGS, querystring: ClipListQuerySchema, response: { 200: ClipListBodySchema } },
      // Rows were validated when they were read; doing it again for a hundred clips would hold up the event loop.
      serializerCompiler: () => (body) => JSON.stringify(body),
    },
    async ({ query }, reply) => {
      const filter = toClipFilter(query)
      if (!filter.ok) return sendProblem(reply, filter.error.code, filter.error.errors)
      const cursor = query.cursor === undefined ? null : decodeCursor(query.cursor)
      if (query.cursor !== undefined && cursor === null) return sendProblem(reply, 'CURSOR_INVALID')

      const page = { cursor, limit: query.limit }
      const found = await answerWithin(QUERY_TIMEOUT_MS, closing, (signal) => deps.queries.list(filter.value, page, signal))
      if (!found.ok) return sendProblem(reply, databaseProblem(found.error, deps.log))
      const { clips, next } = found.value
      return { clips: clips.map(withoutReceipts), next_cursor: next === null ? null : encodeCursor(next) }
    },
  )
}

function eventsRoute(app: Api, context: ApiContext): void {
  const { deps, closing } = context
  app.get(
    '/api/v1/clips/:id/events',
    {
      schema: {
        summary: 'What happened to a clip, in order',
        tags: TAGS,
        params: ClipParamsSchema,
        querystring: ClipEventsQuerySchema,
        response: { 200: ClipEventsBodySchema },
      },
    },
    async ({ params, query: { after, limit } }, reply) => {
      const clip = await clipNamed(params.id, context)
      if (!clip.ok) return sendProblem(reply, clip.error)
      const found = await answerWithin(QUERY_TIMEOUT_MS, closing, (signal) => deps.events.list(params.id, after, limit, signal))
      if (!found.ok) return sendProblem(reply, databaseProblem(found.error, deps.log))
      const last = found.value.at(-1)
      return { events: found.value.map(withoutReceipt), next_after: last !== undefined && found.value.length === limit ? last.seq : null }
    },
  )
}

function deleteRoute(app: Api, { deps, closing }: ApiContext): void {
  app.delete(
    '/api/v1/clips/:id',
    {
      schema: {
        summary: 'Delete a clip everywhere: local file, storage, records',
        tags: TAGS,
        params: ClipParamsSchema,
        response: { 200: ClipDeletedBodySchema },
      },
    },
    async ({ params: { id } }, reply) => {
      const deleted = await answerWithin(STORAGE_TIMEOUT_MS, closing, (signal) => deps.clips.delete(id, signal))
      if (!deleted.ok) {
        deps.log.error(
          { event_type: 'clip_delete_failed', clip_id: id, kind: deleted.error.kind, message: deleted.error.message },
          'clip not deleted',
        )
        return sendProblem(reply, 'DELETE_FAILED')
      }
      if (deleted.value === null) return sendProblem(reply, 'CLIP_NOT_FOUND')
      return { clip_id: id, ...deleted.value }
    },
  )
}
