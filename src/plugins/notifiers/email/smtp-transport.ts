import { readFile } from 'node:fs/promises'
import { createTransport, type NodemailerError, type SendMailOptions } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Options } from 'nodemailer/lib/smtp-transport'
import { codeOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { parseAddress } from './address.ts'
import type { Mail } from './compose-mail.ts'
import { portOf, type EmailConfig, type SmtpConfig } from './config.ts'
import { PICTURE_ID } from './html-body.ts'
import type { MailTransport } from './mail-transport.ts'
import { recipientKeys, toSmtpError } from './smtp-errors.ts'

const CONNECT_MS = 10_000
const SILENCE_MS = 20_000

type SmtpHost = Pick<PluginHost, 'secrets' | 'log'>
type Login = { readonly user: string; readonly pass: string }

/** Mail by SMTP, each over a connection of its own: alerts are rare, and servers hang up on idle ones. */
export class SmtpTransport implements MailTransport {
  readonly #config: EmailConfig
  readonly #smtp: SmtpConfig
  readonly #host: SmtpHost

  constructor(config: EmailConfig, smtp: SmtpConfig, host: SmtpHost) {
    this.#config = config
    this.#smtp = smtp
    this.#host = host
  }

  async deliver(mail: Mail, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const options = await this.#options()
    if (!options.ok) return options
    try {
      const { rejected } = await createTransport(options.value).sendMail({ ...this.#message(mail), signal })
      if (rejected.length > 0) this.#warnOfRefused(rejected)
      return ok()
    } catch (cause) {
      if (signal.aborted) throw cause
      return err(toSmtpError(cause, this.#config, this.#smtp))
    }
  }

  async check(signal: AbortSignal): Promise<Result<void, PluginError>> {
    const options = await this.#options()
    if (!options.ok) return options
    const connection = new SMTPConnection(options.value)
    const close = () => connection.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      if (signal.aborted) throw new Error('cancelled')
      await connectAndLogIn(connection, options.value.auth)
      connection.quit()
      return ok()
    } catch (cause) {
      connection.close()
      if (signal.aborted) throw cause
      return err(toSmtpError(cause, this.#config, this.#smtp))
    } finally {
      signal.removeEventListener('abort', close)
    }
  }

  #message(mail: Mail): SendMailOptions {
    const { from, to, cc, bcc } = this.#config
    const mailbox = (written: string) => ({ name: '', ...parseAddress(written) })
    const picture = { filename: 'picture.jpg', cid: PICTURE_ID, contentType: 'image/jpeg', contentDisposition: 'inline' as const }
    return {
      from: mailbox(from),
      to: to.map(mailbox),
      cc: cc.map(mailbox),
      bcc: bcc.map(mailbox),
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: mail.messageId,
      headers: { ...mail.headers },
      ...(mail.picture === null ? {} : { attachments: [{ ...picture, content: Buffer.from(mail.picture) }] }),
    }
  }

  /** Read anew for every connection, so that a renewed certificate is used without a restart. */
  async #options(): Promise<Result<Options & { readonly auth?: Login }, PluginError>> {
    const { host, tls, ca_file, reject_unauthorized } = this.#smtp
    const login = this.#login()
    if (!login.ok) return login
    const authority = await readAuthority(ca_file)
    if (!authority.ok) return authority
    return ok({
      host,
      port: portOf(this.#smtp),
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { rejectUnauthorized: reject_unauthorized, ...authority.value },
      // With a login configured, a server that does not offer one must say so instead of taking mail without it.
      ...(login.value === null ? {} : { auth: login.value, forceAuth: true }),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      dnsTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }

  #login(): Result<Login | null, PluginError> {
    const { username_env, password_env } = this.#smtp
    if (username_env === undefined || password_env === undefined) return ok(null)
    const user = this.#host.secrets.get(username_env)
    const pass = this.#host.secrets.get(password_env)
    if (user !== undefined && pass !== undefined) return ok({ user, pass })
    const missing = user === undefined ? `${username_env} (smtp.username_env)` : `${password_env} (smtp.password_env)`
    return err(pluginError('rejected', `the environment variable ${missing} is not set`))
  }

  #warnOfRefused(rejected: readonly string[]): void {
    const recipients = recipientKeys(this.#config, rejected)
    this.#host.log.warn(
      { event_type: 'mail_recipients_refused', recipients },
      'the mail server refused some recipients, the others get the mail',
    )
  }
}

function connectAndLogIn(connection: SMTPConnection, login: Login | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: NodemailerError | null) => (error ? reject(error) : resolve())
    connection.once('error', reject)
    connection.once('end', () => reject(new Error('closed')))
    connection.connect((error) => {
      if (error || login === undefined) settle(error)
      else connection.login({ credentials: login }, settle)
    })
  })
}

async function readAuthority(path: string | undefined): Promise<Result<{ readonly ca?: Buffer }, PluginError>> {
  if (path === undefined) return ok({})
  try {
    return ok({ ca: await readFile(path) })
  } catch (cause) {
    return err(pluginError('invalid', `the file in smtp.ca_file cannot be read (${codeOf(cause)})`, cause))
  }
}
