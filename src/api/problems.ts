import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { PROBLEMS, type FieldError, type Problem, type ProblemCode } from '../contracts/api/problem.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'

/** Answers with a problem. The body is text by now, so no response schema can reshape or refuse it. */
export function sendProblem<R extends FastifyReply>(reply: R, code: ProblemCode, errors?: readonly FieldError[]): R {
  const { status, title, detail } = PROBLEMS[code]
  const body: Problem = {
    type: `urn:homesec:problem:${code}`,
    title,
    status,
    code,
    detail,
    request_id: reply.request.id,
    ...(errors !== undefined && { errors: [...errors] }),
  }
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="homesec"')
  void reply.header('cache-control', 'no-store').code(status).type('application/problem+json').send(JSON.stringify(body))
  return reply
}

const CODE_BY_FASTIFY_CODE: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
}

/** For what the framework refused, and for what broke in a handler. Only the log hears what exactly broke. */
export function problemHandler(log: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    if (hasZodFastifySchemaValidationErrors(error)) {
      if (error.validationContext === 'params') return sendProblem(reply, 'CLIP_NOT_FOUND')
      return sendProblem(reply, 'VALIDATION_FAILED', error.validation.map(toFieldError))
    }
    const code = CODE_BY_FASTIFY_CODE[error.code]
    if (code !== undefined) return sendProblem(reply, code)
    if (error.statusCode !== undefined && error.statusCode < 500) return sendProblem(reply, 'REQUEST_INVALID')
    const route = request.routeOptions.url ?? ''
    log.error({ event_type: 'http_request_broke', request_id: request.id, method: request.method, route, err: error }, 'request broke')
    return sendProblem(reply, 'INTERNAL_SERVER_ERROR')
  }
}

/** Says what is expected, never what was sent: a mistyped request may hold a key. */
function toFieldError(issue: { readonly keyword: string; readonly instancePath: string; readonly params: unknown }): FieldError {
  const path = issue.instancePath.replace(/^\//, '').replaceAll('/', '.')
  return { path, message: EXPECTED[issue.keyword] ?? 'is not valid' }
}

const EXPECTED: Readonly<Record<string, string>> = {
  unrecognized_keys: 'there is a parameter this route does not know',
  invalid_type: 'has the wrong type',
  invalid_value: 'is none of the allowed values',
  invalid_format: 'has the wrong form',
  too_small: 'is too small or too short',
  too_big: 'is too big or too long',
}

/** A database that cannot answer is an outage; one that refuses our query is our bug. */
export function databaseProblem(error: PluginError, log: Logger): ProblemCode {
  const isOutage = error.kind !== 'bug' && error.kind !== 'invalid'
  if (isOutage) log.debug({ event_type: 'api_database_unavailable', kind: error.kind, message: error.message }, 'database did not answer')
  else log.error({ event_type: 'api_query_failed', kind: error.kind, message: error.message, err: error.cause }, 'query failed')
  return isOutage ? 'DB_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR'
}

/** A missing object is gone for good; anything else may pass. */
export function storageProblem(error: PluginError, log: Logger, missing: ProblemCode): ProblemCode {
  if (error.kind === 'invalid') return missing
  log.warn({ event_type: 'api_storage_failed', kind: error.kind, message: error.message }, 'storage did not hand out a file')
  return 'STORAGE_UNAVAILABLE'
}
