import swagger from '@fastify/swagger'
import { fastify, type FastifyReply, type FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { randomUUID } from 'node:crypto'
import type { Access } from './access.ts'
import type { Api, ApiContext } from './context.ts'
import type { ApiOptions } from './deps.ts'
import { guard } from './guard.ts'
import { openApiOptions, withProblemResponse } from './openapi.ts'
import { problemHandler, sendProblem } from './problems.ts'
import { cameraRoutes } from './routes/cameras.ts'
import { clipRoutes } from './routes/clips.ts'
import { healthRoutes } from './routes/health.ts'
import { liveRoutes } from './routes/live.ts'
import { mediaRoutes } from './routes/media.ts'
import { metaRoutes } from './routes/meta.ts'
import { corsAndSecurityHeaders } from './response-headers.ts'

const BODY_LIMIT_BYTES = 64 * 1024

/** One line of the route table, for the tests that walk over all of it. */
export interface RouteInfo {
  readonly method: string
  readonly url: string
  readonly access: Access
}

export interface BuiltApp {
  readonly app: Api
  readonly routes: readonly RouteInfo[]
}

export async function buildApp(context: ApiContext, options: ApiOptions): Promise<BuiltApp> {
  const { log } = context.deps
  const headers = corsAndSecurityHeaders(options.corsOrigins)
  const onError = problemHandler(log)
  const app: Api = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200 },
    // No route, so no hook has run.
    frameworkErrors: (error, request, reply) => {
      headers(request, reply)
      onError(error, request, reply)
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(onError)
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'NOT_FOUND'))

  const routes = collectRoutes(app)
  // Order matters: a preflight is answered before the key is asked for, since browsers send none with it.
  app.addHook('onRequest', async (request, reply) => (headers(request, reply) === 'answered' ? reply : undefined))
  app.addHook('onRequest', guard(context, options))
  app.addHook('onResponse', async (request, reply) => logAccess(log, request, reply))

  await app.register(swagger, openApiOptions)
  for (const register of [healthRoutes, metaRoutes, cameraRoutes, clipRoutes, mediaRoutes, liveRoutes]) register(app, context)
  await app.ready()
  return { app, routes }
}

function collectRoutes(app: Api): RouteInfo[] {
  const routes: RouteInfo[] = []
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    const access = config?.access ?? 'key'
    if (schema !== undefined && access !== 'open') withProblemResponse(schema)
    for (const each of [method].flat()) routes.push({ method: each, url, access })
  })
  return routes
}

/** The route's pattern, not the address: a query may hold a token, a mistyped path a key. */
function logAccess(log: ApiContext['deps']['log'], request: FastifyRequest, reply: FastifyReply): void {
  const facts = { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode }
  log.debug(
    { event_type: 'http_request', request_id: request.id, ...facts, duration_ms: Math.round(reply.elapsedTime) },
    'request answered',
  )
}
