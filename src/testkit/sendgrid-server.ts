import type { ServerResponse } from 'node:http'
import { listenHttp, parseJson, readBody, sendJson } from './http-fake.ts'
import { checkMailSend, MailSendSchema, type MailSend } from './sendgrid-rules.ts'

/** What happens to a good request. */
export type SendGridBehaviour =
  | { readonly do: 'answer' }
  | { readonly do: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  | { readonly do: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly do: 'cut' }

export interface SendGridServer extends AsyncDisposable {
  readonly url: string
  /** Accepted mails. */
  readonly mails: readonly MailSend[]
  /** Requests under way or done, refused ones too. */
  readonly requests: () => number
  behave(behaviour: SendGridBehaviour): void
}

export interface SendGridOptions {
  readonly apiKey: string
  /** What the key may do. */
  readonly scopes?: readonly string[]
  /** Senders that were verified. */
  readonly senders?: readonly string[]
}

/** SendGrid's Web API v3 as documented, as far as sending goes: 202 without a body, errors as `{"errors":[{message,field,help}]}`. */
export async function startSendGridServer({ apiKey, scopes = ['mail.send'], senders }: SendGridOptions): Promise<SendGridServer> {
  const mails: MailSend[] = []
  let requests = 0
  let behaviour: SendGridBehaviour = { do: 'answer' }

  const send = (raw: string, response: ServerResponse) => {
    const body = parseJson(raw)
    const complaint = checkMailSend(raw, body)
    if (complaint !== null) {
      fail(response, complaint.status, complaint)
      return
    }
    const mail = MailSendSchema.parse(body)
    if (!scopes.includes('mail.send')) fail(response, 403, { message: 'access forbidden' })
    else if (senders !== undefined && !senders.includes(mail.from.email))
      fail(response, 403, { message: 'The from address does not match a verified Sender Identity.', field: 'from' })
    else {
      mails.push(mail)
      response.writeHead(202, { 'x-message-id': `message-${mails.length}` }).end()
    }
  }

  const server = await listenHttp(async (request, response) => {
    requests += 1
    const raw = (await readBody(request)).toString()
    const { method, url, headers } = request
    if (behaviour.do === 'hang') return
    if (behaviour.do === 'cut') response.destroy()
    else if (behaviour.do === 'status') fail(response, behaviour.status, { message: 'as scripted', ...behaviour })
    else if (headers.authorization !== `Bearer ${apiKey}`)
      fail(response, 401, { message: `The provided authorization grant is invalid: ${headers.authorization ?? ''}` })
    else if (method === 'GET' && url === '/v3/scopes') sendJson(response, 200, { scopes })
    else if (method !== 'POST' || url !== '/v3/mail/send') fail(response, 404, { message: 'not found' })
    else if (headers['content-type'] !== 'application/json') fail(response, 400, { message: 'content-type must be application/json' })
    else send(raw, response)
  })
  return {
    ...server,
    mails,
    requests: () => requests,
    behave: (next) => {
      behaviour = next
    },
  }
}

interface Refusal {
  readonly message: string
  readonly field?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

function fail(response: ServerResponse, status: number, { message, field = null, headers }: Refusal): void {
  sendJson(response, status, { errors: [{ message, field, help: null }] }, headers)
}
