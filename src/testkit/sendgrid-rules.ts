import { z } from 'zod'

/**
 * What SendGrid takes, from its OpenAPI document (https://github.com/twilio/sendgrid-oai, spec/json/tsg_mail_v3.json) and
 * https://docs.sendgrid.com/api-reference/mail-send/limitations
 */
export interface SendGridComplaint {
  readonly status: 400 | 413
  readonly message: string
  readonly field: string | null
}

const MOST_BYTES = 30 * 1024 * 1024
const FORBIDDEN_HEADERS = new Set(
  'x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc bcc'.split(' '),
)

const Mailbox = z.strictObject({ email: z.email(), name: z.string().optional() })
const Recipient = Mailbox.refine(({ name = '' }) => !/[;,]/.test(name), 'must not contain ; or ,')
const Enable = z.strictObject({ enable: z.boolean(), enable_text: z.boolean().optional() })

export const MailSendSchema = z.strictObject({
  personalizations: z
    .array(
      z.strictObject({
        to: z.array(Recipient).min(1),
        cc: z.array(Recipient).min(1).optional(),
        bcc: z.array(Recipient).min(1).optional(),
      }),
    )
    .min(1)
    .max(1000),
  from: Mailbox,
  subject: z.string().min(1),
  content: z.array(z.strictObject({ type: z.string().min(1), value: z.string().min(1) })).min(1),
  attachments: z
    .array(
      z.strictObject({
        content: z.base64().min(1),
        type: z.string().min(1).optional(),
        filename: z.string().regex(/^[^\r\n;]+$/),
        disposition: z.enum(['inline', 'attachment']).optional(),
        content_id: z.string().optional(),
      }),
    )
    .optional(),
  headers: z.record(z.string(), z.string()).optional(),
  tracking_settings: z.strictObject({ click_tracking: Enable.optional(), open_tracking: Enable.optional() }).optional(),
})
export type MailSend = z.infer<typeof MailSendSchema>

/** Null when the request keeps every rule. */
export function checkMailSend(raw: string, body: unknown): SendGridComplaint | null {
  if (Buffer.byteLength(raw) > MOST_BYTES) return { status: 413, message: 'content too large', field: null }
  const parsed = MailSendSchema.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { status: 400, message: issue?.message ?? '', field: issue?.path.join('.') ?? null }
  }
  return broken(parsed.data)
}

function broken({ personalizations, content, headers = {} }: MailSend): SendGridComplaint | null {
  const everyone = personalizations.flatMap(({ to, cc = [], bcc = [] }) => [...to, ...cc, ...bcc].map(({ email }) => email.toLowerCase()))
  if (everyone.length > 1000) return bad('too many recipients', 'personalizations')
  if (new Set(everyone).size < everyone.length)
    return bad('Each email address in the personalization block should be unique between to, cc, and bcc.', 'personalizations')
  const plain = content.findIndex(({ type }) => type === 'text/plain')
  if (plain > 0) return bad('If present, text/plain must be first, followed by text/html.', 'content')
  const header = Object.entries(headers).find(([name, value]) => FORBIDDEN_HEADERS.has(name.toLowerCase()) || /[\r\n]/.test(value))
  return header === undefined ? null : bad('this header cannot be set', `headers.${header[0]}`)
}

function bad(message: string, field: string): SendGridComplaint {
  return { status: 400, message, field }
}
