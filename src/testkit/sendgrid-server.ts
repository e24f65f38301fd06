import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
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
    const body = parse(raw)
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

  const server = createServer((request, response) => {
    requests += 1
    void readAll(request).then((raw) => {
      if (behaviour.do === 'hang') return
      if (behaviour.do === 'cut') response.destroy()
      else if (behaviour.do === 'status') fail(response, behaviour.status, { message: 'as scripted', ...behaviour })
      else if (request.headers.authorization !== `Bearer ${apiKey}`)
        fail(response, 401, { message: `The provided authorization grant is invalid: ${request.headers.authorization ?? ''}` })
      else if (request.method === 'GET' && request.url === '/v3/scopes') answer(response, 200, { scopes })
      else if (request.method !== 'POST' || request.url !== '/v3/mail/send') fail(response, 404, { message: 'not found' })
      else if (request.headers['content-type'] !== 'application/json')
        fail(response, 400, { message: 'content-type must be application/json' })
      else send(raw, response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server that listens has one
    mails,
    requests: () => requests,
    behave: (next) => {
      behaviour = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Refusal {
  readonly message: string
  readonly field?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

function fail(response: ServerResponse, status: number, { message, field = null, headers }: Refusal): void {
  answer(response, status, { errors: [{ message, field, help: null }] }, headers)
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
