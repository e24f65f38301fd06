import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { isPrivateHost } from '../../../lib/private-host.ts'
import { ServiceUrlSchema } from '../../../lib/service-url.ts'
import { addressProblem, parseAddress } from './address.ts'

const address = z.string().superRefine((value, context) => {
  const problem = addressProblem(value)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

const SmtpSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[^\s/@]+$/, 'a host name or address without smtp://, user or path')
      .describe('The mail server that takes your outgoing mail.'),
    port: z.number().int().min(1).max(65_535).optional().describe('Default 587, with tls: implicit 465, with tls: none 25.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe(
        'Default starttls: nothing is sent before the connection is encrypted, and a server that cannot is refused. implicit: encrypted from the start. none: readable by anyone on the way, so only for a server at home.',
      ),
    username_env: EnvNameSchema.optional().describe('Environment variable with the user name. Default: no login.'),
    password_env: EnvNameSchema.optional().describe(
      'Environment variable with the password; many providers want an app password. Default: no login.',
    ),
    ca_file: z.string().min(1).optional().describe('Certificate authority, PEM. Default: those that Node trusts.'),
    reject_unauthorized: z
      .boolean()
      .default(true)
      .describe("Check the server's certificate. Default true; false accepts anyone who answers, who then learns password and pictures."),
  })
  .refine((smtp) => (smtp.username_env === undefined) === (smtp.password_env === undefined), {
    message: 'username_env and password_env belong together: give both or neither',
    path: ['password_env'],
  })
  .refine((smtp) => smtp.tls !== 'none' || isPrivateHost(smtp.host), {
    message: 'without encryption only a server at home can be used; set starttls or implicit',
    path: ['tls'],
  })

const SendGridSchema = z.strictObject({
  api_key_env: EnvNameSchema.describe('Environment variable with the API key; it needs the right "Mail Send".'),
  base_url: ServiceUrlSchema.default('https://api.sendgrid.com').describe(
    'Default https://api.sendgrid.com, in the USA. For an account in Europe: https://api.eu.sendgrid.com',
  ),
})

export const EmailConfigSchema = z
  .strictObject({
    smtp: SmtpSchema.optional().describe('Your own mail server or that of your provider. Either this or `sendgrid`.'),
    sendgrid: SendGridSchema.optional().describe("Twilio SendGrid's API instead of SMTP."),
    from: address.describe('The sender, `me@example.org` or `Name <me@example.org>`. Servers refuse senders that are not yours.'),
    to: z.array(address).min(1).max(50).describe('Who gets the mail.'),
    cc: z.array(address).max(50).default([]).describe('Who gets a copy. Default nobody.'),
    bcc: z.array(address).max(50).default([]).describe('Who gets a copy without the others seeing it. Default nobody.'),
    include_thumbnail: z
      .boolean()
      .default(true)
      .describe('Show the picture in the mail. Default true; false keeps pictures at home and mails small.'),
    withdrawals: z
      .boolean()
      .default(false)
      .describe('Also send a mail when a first alert turned out to be harmless. Default false: nobody gets mail about nothing.'),
    system: z
      .boolean()
      .default(true)
      .describe('Also send news about HomeSec itself. Default true; with false a digest of held back alerts still comes.'),
    timeout_s: z.number().positive().max(300).default(20).describe('How long sending one mail may take. Default 20.'),
  })
  .refine((config) => (config.smtp === undefined) !== (config.sendgrid === undefined), {
    message: 'give either smtp or sendgrid',
    path: ['smtp'],
  })
  .superRefine(({ to, cc, bcc }, context) => {
    const seen = new Set<string>()
    for (const [key, list] of Object.entries({ to, cc, bcc }))
      for (const [index, written] of list.entries()) {
        const plain = parseAddress(written).address.toLowerCase()
        if (seen.has(plain)) context.addIssue({ code: 'custom', path: [key, index], message: 'this address is there twice' })
        seen.add(plain)
      }
  })
export type EmailConfig = Readonly<z.output<typeof EmailConfigSchema>>
export type SmtpConfig = Readonly<z.output<typeof SmtpSchema>>
export type SendGridConfig = Readonly<z.output<typeof SendGridSchema>>

const PORT = { starttls: 587, implicit: 465, none: 25 } as const

export function portOf({ port, tls }: Pick<SmtpConfig, 'port' | 'tls'>): number {
  return port ?? PORT[tls]
}
