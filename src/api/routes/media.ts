import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { ClipParamsSchema, MediaQuerySchema, MediaTokenBodySchema } from '../../contracts/api/clips.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { ok } from '../../contracts/result.ts'
import type { ByteRange } from '../../contracts/storage.ts'
import { planRange } from '../byte-range.ts'
import { clipNamed } from '../clip-named.ts'
import { STORAGE_TIMEOUT_MS, type Api, type ApiContext } from '../context.ts'
import { openMedia } from '../media-source.ts'
import type { MediaScope } from '../media-token.ts'
import { sendProblem, storageProblem } from '../problems.ts'
import { answerWithin } from '../answer-within.ts'

const binary = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: z.string().meta({ format: 'binary' }) } },
})
/** Kept by the browser, but asked for again each time: a deleted clip must not come back from a cache. */
const CACHE_CONTROL = 'private, no-cache'

export function mediaRoutes(app: Api, context: ApiContext): void {
  tokenRoute(app, context)
  thumbnailRoute(app, context)

  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/clips/:id/media',
    config: { access: 'media', mediaScope: 'media' },
    schema: {
      summary: 'The recording, whole or by byte range',
      tags: ['media'],
      params: ClipParamsSchema,
      querystring: MediaQuerySchema,
      response: { 200: binary('video/mp4', 'The whole recording'), 206: binary('video/mp4', 'The range asked for') },
    },
    handler: async (request, reply) => {
      const clip = await clipNamed(request.params.id, context)
      if (!clip.ok) return sendProblem(reply, clip.error)
      await sendMedia(clip.value, reply, context)
      return reply
    },
  })
}

/** Resolves once the answer is on its way. */
async function sendMedia(clip: ClipStateData, reply: FastifyReply, { deps }: ApiContext): Promise<void> {
  const { headers, method } = reply.request
  const etag = `"${clip.content_sha256}"`
  const opened = await openMedia(clip, deps)
  if (!opened.ok) {
    sendProblem(reply, opened.error)
    return
  }
  await using media = opened.value

  void reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': CACHE_CONTROL })
  if (headers['if-none-match'] === etag) {
    void reply.code(304).send()
    return
  }
  const mayRange = headers['if-range'] === undefined || headers['if-range'] === etag
  const plan = planRange(mayRange ? headers.range : undefined, media.size)
  if (plan.kind === 'unsatisfiable') {
    sendProblem(reply.header('content-range', `bytes */${media.size}`), 'BYTE_RANGE_NOT_SATISFIABLE')
    return
  }

  const range = plan.kind === 'part' ? plan.range : null
  const stream = method === 'HEAD' ? ok(null) : await media.open(range, whenGone(reply))
  if (!stream.ok) {
    sendProblem(reply, stream.error)
    return
  }
  describe(reply, clip.clip_id, media.size, range)
  void (stream.value === null ? reply.send() : reply.send(stream.value))
}

function describe(reply: FastifyReply, clipId: string, size: number, range: ByteRange | null): void {
  void reply.type('video/mp4').header('content-disposition', `inline; filename="${clipId}"`)
  if (range === null) void reply.code(200).header('content-length', size)
  else {
    const { start, end } = range
    void reply.code(206).headers({ 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` })
  }
}

function thumbnailRoute(app: Api, context: ApiContext): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/clips/:id/thumbnail',
    config: { access: 'media', mediaScope: 'thumbnail' },
    schema: {
      summary: 'The best frame, JPEG',
      tags: ['media'],
      params: ClipParamsSchema,
      querystring: MediaQuerySchema,
      response: { 200: binary('image/jpeg', 'The picture') },
    },
    handler: async (request, reply) => {
      const clip = await clipNamed(request.params.id, context)
      if (!clip.ok) return sendProblem(reply, clip.error)
      // Its address is kept until the storage has deleted it, but it is gone for everyone at once.
      await sendThumbnail(clip.value.status === 'deleted' ? null : clip.value.thumbnail_uri, reply, context)
      return reply
    },
  })
}

async function sendThumbnail(uri: string | null, reply: FastifyReply, { deps }: ApiContext): Promise<void> {
  if (uri === null) {
    sendProblem(reply, 'THUMBNAIL_NOT_FOUND')
    return
  }
  const read = await answerWithin(
    STORAGE_TIMEOUT_MS,
    whenGone(reply),
    (signal) => deps.storage.read(uri, null, signal),
    (late) => late.stream.destroy(),
  )
  if (!read.ok) {
    sendProblem(reply, storageProblem(read.error, deps.log, 'THUMBNAIL_NOT_FOUND'))
    return
  }
  const { stream, size } = read.value
  void reply.type('image/jpeg').headers({ 'cache-control': CACHE_CONTROL, 'content-length': size })
  if (reply.request.method === 'HEAD') stream.destroy()
  void (reply.request.method === 'HEAD' ? reply.send() : reply.send(stream))
}

function tokenRoute(app: Api, context: ApiContext): void {
  const { mediaTokens } = context
  app.post(
    '/api/v1/clips/:id/media-token',
    {
      schema: {
        summary: 'Links that work without the key for an hour',
        tags: ['media'],
        params: ClipParamsSchema,
        response: { 200: MediaTokenBodySchema },
      },
    },
    async ({ params: { id } }, reply) => {
      const clip = await clipNamed(id, context)
      if (!clip.ok) return sendProblem(reply, clip.error)
      const link = (scope: MediaScope) => {
        const minted = mediaTokens?.mint(id, scope)
        const path = `/api/v1/clips/${id}/${scope}`
        return { url: minted === undefined ? path : `${path}?token=${minted.token}`, expiresAt: minted?.expiresAt ?? null }
      }
      const media = link('media')
      return { media_url: media.url, thumbnail_url: link('thumbnail').url, expires_at: media.expiresAt?.toISOString() ?? null }
    },
  )
}

/** Aborts when the client hangs up or the server closes. */
function whenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort(new Error('client is gone')))
  if (reply.raw.destroyed) gone.abort(new Error('client is gone'))
  return gone.signal
}
