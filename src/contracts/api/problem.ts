import { z } from 'zod'

/**
 * Every way a request can fail, in one table. The code is stable: a client may branch on it. `detail` is constant text, so that
 * no error body ever repeats what was sent or what a library said.
 */
export const PROBLEMS = {
  UNAUTHORIZED: {
    status: 401,
    title: 'The API key is missing or wrong',
    detail: 'Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".',
  },
  MEDIA_TOKEN_REJECTED: {
    status: 401,
    title: 'The link to this recording is not valid',
    detail: 'It expired, belongs to something else, or lacks its token. Ask for a new one at POST /api/v1/clips/{id}/media-token.',
  },
  API_KEY_NOT_CONFIGURED: {
    status: 500,
    title: 'No API key is set on the server',
    detail: 'Authentication is on, but there is no key: set the variable named by server.auth.api_key_env and restart.',
  },
  HOST_REJECTED: {
    status: 403,
    title: 'This host name is not served',
    detail:
      'Without authentication only requests to localhost are answered, so that no web page can reach in. Turn on server.auth.enabled.',
  },
  NOT_FOUND: { status: 404, title: 'No such route', detail: 'See docs/api.md or /api/v1/openapi.json for what there is.' },
  CLIP_NOT_FOUND: { status: 404, title: 'No such clip', detail: 'It never existed, or its records are gone.' },
  MEDIA_NOT_FOUND: { status: 404, title: 'The recording is gone', detail: 'There is no local file, and no copy in the storage.' },
  THUMBNAIL_NOT_FOUND: { status: 404, title: 'No thumbnail', detail: 'None was made for this clip, or it is gone from the storage.' },
  VALIDATION_FAILED: {
    status: 422,
    title: 'A parameter is not valid',
    detail: 'Each entry of `errors` names one and says what is expected.',
  },
  TZ_REQUIRED: {
    status: 400,
    title: 'A time lacks its offset',
    detail: 'Write since and until as 2026-01-31T18:00:00Z or 2026-01-31T18:00:00+01:00.',
  },
  RANGE_INVALID: { status: 400, title: 'since lies after until', detail: 'Exchange the two.' },
  CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one of ours',
    detail: 'Pass next_cursor of the previous page unchanged, or none.',
  },
  REQUEST_INVALID: { status: 400, title: 'The request cannot be read', detail: 'The address or the body is malformed.' },
  BODY_TOO_LARGE: { status: 413, title: 'The request body is too large', detail: 'No route takes more than 64 KiB.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'This content type is not taken', detail: 'Send JSON, or no body.' },
  BYTE_RANGE_NOT_SATISFIABLE: { status: 416, title: 'The byte range lies outside the recording', detail: 'Content-Range has the size.' },
  DB_UNAVAILABLE: {
    status: 503,
    title: 'The database does not answer',
    detail: 'Recording, upload and alerts go on without it. Lists come back when it does; nothing is lost.',
  },
  STORAGE_UNAVAILABLE: {
    status: 502,
    title: 'The storage does not hand out the file',
    detail: 'Try again; /api/v1/diagnostics says what is wrong.',
  },
  DELETE_FAILED: {
    status: 500,
    title: 'The clip could not be deleted everywhere',
    detail: 'Some of it may be gone. Deleting again is safe and finishes the work.',
  },
  TOO_MANY_CLIENTS: { status: 503, title: 'Too many live listeners', detail: 'Close one and try again.' },
  INTERNAL_SERVER_ERROR: { status: 500, title: 'Something broke here', detail: 'The log has the cause under this request_id.' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string; readonly detail: string }>>

export type ProblemCode = keyof typeof PROBLEMS
export const PROBLEM_CODES = Object.keys(PROBLEMS)

/** One parameter that was refused. */
export const FieldErrorSchema = z.object({ path: z.string(), message: z.string() })
export type FieldError = Readonly<z.infer<typeof FieldErrorSchema>>

/** Body of every error, RFC 9457, `application/problem+json`. */
export const ProblemSchema = z
  .object({
    type: z.string().describe('urn:homesec:problem:CODE'),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('Stable; see docs/api.md.'),
    detail: z.string(),
    request_id: z.string().describe('The same as in the log.'),
    errors: z.array(FieldErrorSchema).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = Readonly<z.infer<typeof ProblemSchema>>
