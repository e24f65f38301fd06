import type { NodemailerError } from 'nodemailer'
import { pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { isCertificateError } from '../../../lib/certificate-error.ts'
import { portOf, type EmailConfig, type SmtpConfig } from './config.ts'
import { parseAddress } from './address.ts'

const NOT_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/
const LOGIN_WANTED = new Set([530, 534, 538])

type Meaning = { readonly kind: ErrorKind; readonly text: string }

/** The one place where an error of nodemailer gets its kind and its words. It is not kept as cause: servers repeat what they were sent. */
export function toSmtpError(cause: unknown, config: EmailConfig, smtp: SmtpConfig): PluginError {
  const error: NodemailerError = cause instanceof Error ? cause : new Error('unknown')
  const { kind, text } = meaningOf(error, config, smtp)
  return pluginError(kind, `the mail server ${smtp.host}:${portOf(smtp)} ${text}`)
}

/** The place of each address in the config, e.g. `to[1]`, which says it without repeating it. */
export function recipientKeys(config: Pick<EmailConfig, 'to' | 'cc' | 'bcc'>, addresses: readonly string[]): string[] {
  const wanted = new Set(addresses.map((address) => address.toLowerCase()))
  return (['to', 'cc', 'bcc'] as const).flatMap((key) =>
    config[key].flatMap((written, index) => (wanted.has(parseAddress(written).address.toLowerCase()) ? [`${key}[${index}]`] : [])),
  )
}

function meaningOf(error: NodemailerError, config: EmailConfig, smtp: SmtpConfig): Meaning {
  const { originalCode = '', responseCode = 0 } = error
  if (isCertificateError(originalCode))
    return { kind: 'rejected', text: `has a certificate that is not trusted (${originalCode}); check smtp.host and smtp.ca_file` }
  if (NOT_TLS.test(originalCode))
    return { kind: 'invalid', text: 'is not encrypted from the start on this port; set smtp.tls: starttls, or the right smtp.port' }
  if (error.code === 'EAUTH') return refusedLogin(error, smtp)
  if (LOGIN_WANTED.has(responseCode))
    return { kind: 'rejected', text: `wants a login ${codes(error)}; set smtp.username_env and smtp.password_env` }
  if (isPassing(error))
    return { kind: 'unavailable', text: `puts us off ${codes(error)}; it may be greylisting, busy, or counting our mails` }
  if (responseCode >= 500) return refused(error, config)
  return withoutReply(error)
}

/** What a retry may get past: 4xx, and 5xx for some recipients while others are only put off. */
function isPassing({ responseCode = 0, rejectedErrors = [] }: NodemailerError): boolean {
  const replies = [responseCode, ...rejectedErrors.map((each) => each.responseCode ?? 0)]
  return replies.some((reply) => (reply >= 400 && reply < 500) || reply === 503)
}

function refusedLogin(error: NodemailerError, smtp: SmtpConfig): Meaning {
  const { responseCode = 0 } = error
  if (responseCode >= 400 && responseCode < 500) return { kind: 'unavailable', text: `cannot check the login now ${codes(error)}` }
  const names = `smtp.username_env (${smtp.username_env ?? ''}) and smtp.password_env (${smtp.password_env ?? ''})`
  return { kind: 'rejected', text: `refused the login ${codes(error)}; check ${names}; many providers want an app password` }
}

function refused(error: NodemailerError, config: EmailConfig): Meaning {
  const { command, responseCode, rejected = [] } = error
  if (error.code === 'ETLS')
    return { kind: 'rejected', text: `does not encrypt with STARTTLS ${codes(error)}; nothing was sent; see smtp.tls` }
  if (responseCode === 552) return { kind: 'invalid', text: `finds the mail too large ${codes(error)}; set include_thumbnail: false` }
  if (command === 'MAIL FROM') return { kind: 'invalid', text: `refused the sender ${codes(error)}; check \`from\`` }
  if (command === 'RCPT TO')
    return { kind: 'invalid', text: `refused the recipient ${codes(error)}; check ${recipientKeys(config, rejected).join(', ')}` }
  if (command === 'DATA') return { kind: 'invalid', text: `refused the mail ${codes(error)}` }
  return { kind: 'rejected', text: `does not serve us ${codes(error)}` }
}

function withoutReply(error: NodemailerError): Meaning {
  const { code = '', originalCode, timeoutType } = error
  if (timeoutType === 'GREETING_TIMEOUT')
    return { kind: 'unavailable', text: 'does not greet; if its port is encrypted from the start, set smtp.tls: implicit' }
  if (code === 'ECONNECTION' || code === 'ETLS') return { kind: 'unavailable', text: 'hung up in the middle' }
  const why = originalCode ?? timeoutType ?? code
  return { kind: 'unavailable', text: `cannot be reached${why === '' ? '' : ` (${why})`}` }
}

/** Reply code and enhanced status code, which are numbers; never the words, which may repeat a secret. */
function codes({ response = '', responseCode }: NodemailerError): string {
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]
  const known = [responseCode, enhanced].filter((code) => code !== undefined)
  return known.length === 0 ? '(no code)' : `(${known.join(' ')})`
}
