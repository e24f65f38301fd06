import { z } from 'zod'

const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable, never the secret itself')

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
    url_env: envName.optional().describe('Environment variable with the URL, for services whose URL is the secret. Either this or `url`.'),
    method: z.enum(['POST', 'PUT']).default('POST').describe('Default POST.'),
    headers: HeadersSchema,
    auth_header_env: envName
      .optional()
      .describe('Environment variable with the whole value of the Authorization header, e.g. `Bearer abc`. Default: no such header.'),
    secret_env: envName
      .optional()
      .describe('Environment variable with the key of the signature. Default: not signed, so the receiver cannot tell who is calling.'),
    include_thumbnail: z
      .boolean()
      .default(true)
      .describe('Send the picture along, base64 JPEG. Default true; false keeps pictures at home and bodies small.'),
    system: z.boolean().default(true).describe('Also send news about HomeSec itself. Default true.'),
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
export type WebhookConfig = Readonly<z.output<typeof WebhookConfigSchema>>

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
