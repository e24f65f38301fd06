import { z } from 'zod'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { httpCall, type HttpAnswer } from '../../../lib/http-call.ts'
import { kindOfStatus, retryAfterMs, untilUnixSecondsMs } from '../../../lib/http-errors.ts'
import { underUrl } from '../../../lib/service-url.ts'
import { parseAddress } from './address.ts'
import type { Mail } from './compose-mail.ts'
import type { EmailConfig, SendGridConfig } from './config.ts'
import { PICTURE_ID } from './html-body.ts'
import type { MailTransport } from './mail-transport.ts'

const ScopesSchema = z.object({ scopes: z.array(z.string()) })
const ErrorsSchema = z.object({ errors: z.array(z.object({ field: z.string().nullish() })) })

/** Mail by SendGrid's Web API v3, https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send */
export class SendGridTransport implements MailTransport {
  readonly #config: EmailConfig
  readonly #sendgrid: SendGridConfig
  readonly #host: Pick<PluginHost, 'secrets' | 'clock'>

  constructor(config: EmailConfig, sendgrid: SendGridConfig, host: Pick<PluginHost, 'secrets' | 'clock'>) {
    this.#config = config
    this.#sendgrid = sendgrid
    this.#host = host
  }

  async deliver(mail: Mail, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const body = JSON.stringify(sendGridRequest(mail, this.#config))
    const answer = await this.#call('POST', 'v3/mail/send', body, signal)
    return answer.ok ? ok() : answer
  }

  /** Asks what the key may do: that sends nothing and needs no right of its own. */
  async check(signal: AbortSignal): Promise<Result<void, PluginError>> {
    const answer = await this.#call('GET', 'v3/scopes', null, signal)
    if (!answer.ok) return answer
    if (!answer.value.complete) return err(pluginError('unavailable', 'the answer of SendGrid broke off'))
    const scopes = parseJson(ScopesSchema, answer.value.body)?.scopes ?? []
    if (scopes.includes('mail.send')) return ok()
    return err(pluginError('rejected', `the API key in ${this.#sendgrid.api_key_env} may not send mail; give it the right "Mail Send"`))
  }

  async #call(method: 'GET' | 'POST', path: string, body: string | null, signal: AbortSignal): Promise<Result<HttpAnswer, PluginError>> {
    const { api_key_env, base_url } = this.#sendgrid
    const key = this.#host.secrets.get(api_key_env)
    if (key === undefined || !/^[\x21-\x7e]+$/.test(key))
      return err(pluginError('rejected', `the environment variable ${api_key_env} (sendgrid.api_key_env) is not set, or holds no API key`))
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': 'homesec' }
    const call = { url: underUrl(base_url, path), method, headers, verifyTls: true, ...(body === null ? {} : { body }) }
    const answer = await httpCall(call, signal)
    return answer.status >= 200 && answer.status < 300 ? ok(answer) : err(this.#refusal(answer))
  }

  #refusal({ status, headers, retryAfter, body }: HttpAnswer): PluginError {
    const { api_key_env, base_url } = this.#sendgrid
    const text = `SendGrid ${words(status, body, { api_key_env, base_url })} (${status})`
    if (status >= 300 && status < 400) return pluginError('invalid', text)
    const now = this.#host.clock.now()
    // That moment comes with every answer, and says nothing of when an outage ends.
    const resetMs = status === 429 ? untilUnixSecondsMs(headers['x-ratelimit-reset'], now) : undefined
    const waitMs = retryAfterMs(retryAfter, now) ?? resetMs
    const error = pluginError(kindOfStatus(status), text)
    return error.kind === 'unavailable' && waitMs !== undefined ? { ...error, retryAfterMs: waitMs } : error
  }
}

/** The body of `POST /v3/mail/send`. */
function sendGridRequest(mail: Mail, { from, to, cc, bcc }: EmailConfig): object {
  const mailboxes = (list: readonly string[]) => list.map(mailbox)
  const picture = mail.picture === null ? null : Buffer.from(mail.picture).toString('base64')
  return {
    personalizations: [
      {
        to: mailboxes(to),
        ...(cc.length === 0 ? {} : { cc: mailboxes(cc) }),
        ...(bcc.length === 0 ? {} : { bcc: mailboxes(bcc) }),
      },
    ],
    from: mailbox(from),
    subject: mail.subject,
    content: [
      { type: 'text/plain', value: mail.text },
      { type: 'text/html', value: mail.html },
    ],
    ...(picture === null
      ? {}
      : {
          attachments: [{ content: picture, type: 'image/jpeg', filename: 'picture.jpg', disposition: 'inline', content_id: PICTURE_ID }],
        }),
    headers: { ...mail.headers, 'Message-ID': mail.messageId },
    // Else links lead through their servers, which then know who looked at which clip.
    tracking_settings: { click_tracking: { enable: false, enable_text: false }, open_tracking: { enable: false } },
  }
}

function mailbox(written: string): { readonly email: string; readonly name?: string } {
  const { address, name } = parseAddress(written)
  return name === undefined ? { email: address } : { email: address, name }
}

function words(status: number, body: string, { api_key_env, base_url }: SendGridConfig): string {
  switch (status) {
    case 401:
      return `refused the API key; check sendgrid.api_key_env (${api_key_env}), and sendgrid.base_url (${base_url}): each region has its own keys`
    case 403:
      return 'does not let us send; verify the address in `from` as a sender there, and give the API key the right "Mail Send"'
    case 413:
      return 'finds the mail too large; set include_thumbnail: false'
    case 429:
      return 'wants fewer mails'
    default:
      return status >= 500 ? 'cannot take the mail now' : `refused the mail${fieldsIn(body)}`
  }
}

/** Which parts of the request were wrong. Names of ours only: the words of an answer may repeat what was sent. */
function fieldsIn(body: string): string {
  const fields = (parseJson(ErrorsSchema, body)?.errors ?? []).flatMap(({ field }) =>
    field && /^[a-z0-9_.[\]]{1,80}$/i.test(field) ? [field] : [],
  )
  return fields.length === 0 ? '' : ` because of ${[...new Set(fields)].slice(0, 5).join(', ')}`
}

function parseJson<S extends z.ZodType>(schema: S, text: string): z.output<S> | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
