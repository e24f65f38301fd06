import { z } from 'zod'
import { ALERT_STAGES } from '../../../contracts/alert.ts'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { bodyProblems, type BodyTemplate, type Json } from './body-template.ts'
import { ALERT_NAMES, SYSTEM_NAMES } from './template-values.ts'

/** Headers that we set ourselves, or that would break the request. */
const RESERVED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-homesec-signature',
  'x-homesec-timestamp',
])

const HeadersSchema = z
  .record(z.string(), z.string().max(4096))
  .superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const problem = headerProblem(name, value)
      if (problem !== null) context.addIssue({ code: 'custom', path: [name], message: problem })
    }
  })
  .default({})
  .describe('Further headers, readable in the config: no secrets here. Default none.')

const JsonSchema: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(JsonSchema), z.record(z.string(), JsonSchema)]),
)
const TemplateSchema: z.ZodType<BodyTemplate> = z.union([z.string().min(1), z.array(JsonSchema), z.record(z.string(), JsonSchema)], {
  error: 'a text, or a structure that becomes JSON',
})

const partName = z.string().regex(/^[\w.[\]-]{1,64}$/, 'letters, digits and _ . - [ ]')
const MultipartSchema = z.strictObject({
  body_part: partName.default('payload_json').describe('Name of the part with the body. Default as Discord wants it.'),
  file_part: partName.default('files[0]').describe('Name of the part with the picture. Default as Discord wants it.'),
})

export const WebhookConfigSchema = z
  .strictObject({
    url: z
      .string()
      .superRefine((value, context) => {
        const problem = urlProblem(value)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      })
      .optional()
      .describe('Where to send; http or https.'),
    url_env: EnvNameSchema.optional().describe(
      'Environment variable with the URL, for services whose URL is the secret. Either this or `url`.',
    ),
    method: z.enum(['POST', 'PUT']).default('POST').describe('Default POST.'),
    headers: HeadersSchema,
    auth_header_env: EnvNameSchema.optional().describe(
      'Environment variable with the whole value of the Authorization header, e.g. `Bearer abc`. Default: no such header.',
    ),
    secret_env: EnvNameSchema.optional().describe(
      'Environment variable with the key of the signature. Default: not signed, so the receiver cannot tell who is calling.',
    ),
    include_thumbnail: z
      .boolean()
      .default(true)
      .describe('Send the picture along, base64 JPEG. Default true; false keeps pictures at home and bodies small.'),
    multipart: MultipartSchema.optional().describe(
      'Send body and picture as parts of a form (multipart/form-data). Default: the picture is base64 in the body, or not there.',
    ),
    template: TemplateSchema.optional().describe(
      'The body of an alert, with placeholders such as {{title}}; see docs/notifiers.md. Default: the whole alert as JSON.',
    ),
    system_template: TemplateSchema.optional().describe(
      'The same for news about HomeSec itself. Needed with `template` unless `system` is false; then a digest of alerts comes as the default JSON.',
    ),
    content_type: z
      .string()
      .regex(/^[\w.+-]{1,64}\/[\w.+-]{1,64}(; ?charset=[\w-]{1,32})?$/, 'a media type, e.g. text/plain')
      .default('application/json')
      .describe('What the body is. Default application/json. Decides how values are escaped in a template that is a text.'),
    stages: z
      .array(z.enum(ALERT_STAGES))
      .min(1)
      .default([...ALERT_STAGES])
      .describe(
        'Which stages of an alert are sent. Default all; without withdrawn, a chat hears nothing when a first alert was for nothing.',
      ),
    system: z
      .boolean()
      .default(true)
      .describe('Also send news about HomeSec itself. Default true; with false a digest of held back alerts still comes.'),
    timeout_s: z.number().positive().max(300).default(10).describe('How long one request may take, answer included. Default 10.'),
    verify_tls: z
      .boolean()
      .default(true)
      .describe("Check the receiver's certificate. Default true; false accepts anyone who answers, who then learns the alert."),
  })
  .refine((config) => (config.url === undefined) !== (config.url_env === undefined), {
    message: 'give either url or url_env',
    path: ['url'],
  })
  .superRefine((config, context) => {
    for (const { path, message } of templateProblems(config)) context.addIssue({ code: 'custom', path: [...path], message })
  })
export type WebhookConfig = Readonly<z.output<typeof WebhookConfigSchema>>

interface Templates {
  readonly template?: BodyTemplate | undefined
  readonly system_template?: BodyTemplate | undefined
  readonly content_type: string
  readonly system: boolean
}

function templateProblems({ template, system_template, content_type, system }: Templates): ReturnType<typeof bodyProblems> {
  const parts = [
    ['template', template, ALERT_NAMES],
    ['system_template', system_template, SYSTEM_NAMES],
  ] as const
  const wrong = parts.flatMap(([key, value, names]) =>
    value === undefined ? [] : bodyProblems(value, content_type, names).map(({ path, message }) => ({ path: [key, ...path], message })),
  )
  if (template === undefined || system_template !== undefined || !system) return wrong
  return [...wrong, { path: ['system_template'], message: 'with a template, news about HomeSec needs one too; or set system: false' }]
}

/** What is wrong with a URL to send to, in words for the owner; never repeats it, since it may hold a password. */
export function urlProblem(value: string): string | null {
  if (!URL.canParse(value)) return 'not a URL'
  const url = new URL(value)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http and https can be called'
  if (url.username !== '' || url.password !== '') return 'no user and password in the URL, where they end up in logs; use auth_header_env'
  return null
}

function headerProblem(name: string, value: string): string | null {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/.test(name)) return 'not the name of a header'
  if (name.toLowerCase() === 'authorization') return 'use auth_header_env, which keeps the secret out of the config'
  if (RESERVED.has(name.toLowerCase())) return 'this header is set by HomeSec itself'
  return /^[\t\x20-\x7e]*$/.test(value) ? null : 'a header value takes printable ASCII only'
}
