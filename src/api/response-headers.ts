import type { FastifyReply, FastifyRequest } from 'fastify'

/** JSON and video only: nothing here may ever be run, framed or cached by default. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const

const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
  'access-control-allow-headers': 'authorization, x-api-key, content-type, range, if-range, last-event-id',
  'access-control-max-age': '600',
} as const

/** Sets the headers of every answer; answers CORS preflights itself. Without origins a browser page elsewhere can read nothing. */
export function corsAndSecurityHeaders(origins: readonly string[]) {
  const anyOrigin = origins.includes('*')

  return (request: FastifyRequest, reply: FastifyReply): 'answered' | 'go on' => {
    void reply.headers(SECURITY_HEADERS)
    if (origins.length === 0) return 'go on'
    if (!anyOrigin) void reply.header('vary', 'origin')
    const { origin } = request.headers
    if (origin === undefined || !(anyOrigin || origins.includes(origin))) return 'go on'

    // A wildcard never goes with credentials: then any page could act as the owner.
    void reply.header('access-control-allow-origin', anyOrigin ? '*' : origin)
    if (!anyOrigin) void reply.header('access-control-allow-credentials', 'true')
    void reply.header('access-control-expose-headers', 'content-range, accept-ranges, etag')
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return 'go on'
    void reply.headers(PREFLIGHT_HEADERS).code(204).send()
    return 'answered'
  }
}
