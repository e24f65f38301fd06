import type { IncomingMessage, ServerResponse } from 'node:http'
import { cutAnswer } from './cut-answer.ts'
import { listenHttp, readBody, sendJson } from './http-fake.ts'
import { checkMessage, type PushoverAttachment, type PushoverFields } from './pushover-rules.ts'
import { readForm } from './read-form.ts'

/** What happens to the next requests, good or bad. */
export type PushoverBehaviour =
  | { readonly do: 'answer' }
  | {
      readonly do: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      /** Text, or an object for JSON. Default: a page as a proxy sends it. */
      readonly body?: unknown
    }
  | { readonly do: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly do: 'cut' }
  /** Loses the connection in the middle of its answer. */
  | { readonly do: 'cut_answer' }

export interface PushoverMessageReceived {
  readonly fields: Readonly<Record<string, string>>
  readonly attachment: Buffer | null
}

export interface PushoverServer extends AsyncDisposable {
  readonly url: string
  /** Accepted messages. */
  readonly messages: readonly PushoverMessageReceived[]
  /** Receipts of emergencies that were cancelled. */
  readonly cancelled: readonly string[]
  /** Paths of all requests. */
  readonly requests: readonly string[]
  behave(behaviour: PushoverBehaviour): void
}

export interface PushoverAccount {
  readonly token: string
  readonly user: string
  readonly devices?: readonly string[]
}

/** Pushover's API as documented: errors as `{"<parameter>":"invalid","errors":[…],"status":0,"request":…}` with status 400. */
export async function startPushoverServer(account: PushoverAccount): Promise<PushoverServer> {
  const messages: PushoverMessageReceived[] = []
  const cancelled: string[] = []
  const requests: string[] = []
  let behaviour: PushoverBehaviour = { do: 'answer' }

  const take = ({ fields, attachment }: Form, response: ServerResponse) => {
    const complaint = checkMessage(fields, attachment)
    if (complaint !== null) {
      refuse(response, complaint.parameter, complaint.sentence)
      return
    }
    messages.push({ fields: Object.fromEntries(fields), attachment: attachment?.bytes ?? null })
    accept(response, fields.get('priority') === '2' ? { receipt: `receipt${messages.length}` } : {})
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const form = await formOf(request)
    const path = request.url ?? ''
    const problem = keyProblem(path, form.fields, account)
    const receipt = /^\/1\/receipts\/([A-Za-z0-9]+)\/cancel\.json$/.exec(path)?.[1]
    if (problem !== null) refuse(response, problem, `${problem} is invalid, yours was ${form.fields.get(problem) ?? ''}`)
    else if (path === '/1/messages.json') take(form, response)
    else if (path === '/1/users/validate.json') accept(response, { devices: account.devices ?? ['phone'], licenses: ['Android'] })
    else if (receipt === undefined) refuse(response, 'path', 'not found', 404)
    else {
      cancelled.push(receipt)
      accept(response, {})
    }
  }

  const server = await listenHttp(async (request, response) => {
    requests.push(request.url ?? '')
    if (behaviour.do === 'hang') return
    if (behaviour.do === 'cut') response.destroy()
    else if (behaviour.do === 'cut_answer') request.resume().on('end', () => cutAnswer(response, 200, { status: 1, request: 'b1f0' }))
    else if (behaviour.do === 'answer') await serve(request, response)
    else {
      const { status, headers = {}, body = '<html>as scripted</html>' } = behaviour
      request.resume().on('end', () => response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body)))
    }
  })
  return {
    ...server,
    messages,
    cancelled,
    requests,
    behave: (next) => {
      behaviour = next
    },
  }
}

/** Which of the keys is unknown; cancelling takes a token only. */
function keyProblem(path: string, fields: PushoverFields, { token, user, devices = ['phone'] }: PushoverAccount): string | null {
  if (fields.get('token') !== token) return 'token'
  if (path.startsWith('/1/receipts/')) return null
  if (fields.get('user') !== user) return 'user'
  const asked = fields.get('device')?.split(',') ?? []
  return asked.every((name) => devices.includes(name)) ? null : 'device'
}

interface Form {
  readonly fields: ReadonlyMap<string, string>
  readonly attachment: (PushoverAttachment & { readonly bytes: Buffer }) | null
}

async function formOf(request: IncomingMessage): Promise<Form> {
  const parts = readForm(request.headers['content-type'] ?? '', await readBody(request)) ?? []
  const file = parts.find(({ name }) => name === 'attachment')
  return {
    fields: new Map(parts.flatMap(({ name, fileName, content }) => (fileName === null ? [[name, content.toString()] as const] : []))),
    attachment: file === undefined ? null : { type: file.contentType ?? '', size: file.content.length, bytes: file.content },
  }
}

function accept(response: ServerResponse, more: object): void {
  const limits = { 'x-limit-app-limit': '10000', 'x-limit-app-remaining': '7496', 'x-limit-app-reset': '1769904000' }
  sendJson(response, 200, { status: 1, request: 'b1f0', ...more }, limits)
}

function refuse(response: ServerResponse, parameter: string, sentence: string, status = 400): void {
  sendJson(response, status, { [parameter]: 'invalid', errors: [sentence], status: 0, request: 'b1f0' })
}
