import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../contracts/clock.ts'
import { systemClock } from '../lib/system-clock.ts'
import { Account } from './dropbox/account.ts'
import { badInput, type Answer } from './dropbox/answer.ts'
import { faultAnswer, Faults, type Fault } from './dropbox/faults.ts'
import { Grants, type AppCredentials } from './dropbox/grants.ts'
import { parseCall, routeOf, serve, type Host } from './dropbox/routes.ts'

export type { Fault } from './dropbox/faults.ts'

export interface SeenRequest {
  /** Such as `files/upload`, or `oauth2/token`. */
  readonly route: string
  readonly argument: unknown
  readonly bytes: number
  /** Null when the connection was cut instead. */
  readonly status: number | null
}

export interface DropboxServerOptions {
  readonly clock?: Pick<Clock, 'now'>
  readonly app?: AppCredentials
  /** false: only sizes and hashes of files are kept, for uploads larger than a test should hold. */
  readonly keepBytes?: boolean
}

export const TEST_APP: AppCredentials = { appKey: 'app-key-1', appSecret: 'app-secret-1', refreshToken: 'refresh-token-1' }
const OAUTH = 'oauth2/token'

/**
 * A Dropbox on two free ports, one for each half of the API: https://www.dropbox.com/developers/documentation/http/documentation.
 * A request that breaks the format, a limit or a rule is refused as there; `fail` scripts what goes wrong besides.
 */
export class DropboxServer implements AsyncDisposable {
  readonly account: Account
  readonly grants: Grants
  readonly requests: SeenRequest[] = []
  readonly endpoints: { readonly api: string; readonly content: string }
  readonly #faults = new Faults()
  readonly #servers: readonly Server[]

  private constructor(servers: Readonly<Record<Host, Server>>, options: DropboxServerOptions) {
    const clock = options.clock ?? systemClock
    const nowMs = () => clock.now().getTime()
    this.account = new Account(nowMs, options.keepBytes ?? true)
    this.grants = new Grants(options.app ?? TEST_APP, nowMs)
    this.#servers = [servers.api, servers.content]
    this.endpoints = { api: addressOf(servers.api), content: addressOf(servers.content) }
    for (const host of ['api', 'content'] as const) {
      servers[host].on('request', (request: IncomingMessage, response: ServerResponse) => void this.#handle(host, request, response))
    }
  }

  static async start(options: DropboxServerOptions = {}): Promise<DropboxServer> {
    const servers = { api: createServer(), content: createServer() }
    for (const server of Object.values(servers)) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return new DropboxServer(servers, options)
  }

  /** What happens to the next requests of a route, one each. */
  fail(route: string, ...faults: readonly Fault[]): void {
    this.#faults.add(route, faults)
  }

  /** The requests of a route, in order. */
  seen(route: string): readonly SeenRequest[] {
    return this.requests.filter((request) => request.route === route)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  async #handle(host: Host, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = nameOf(request)
    const fault = this.#faults.take(name)
    const { socket } = request
    if (fault.do === 'hang') return
    const note = (status: number | null, argument: unknown, bytes: number) => this.requests.push({ route: name, argument, bytes, status })
    const body = await bodyOf(request, fault)
    if (body === null) {
      note(null, null, 0)
      return
    }
    if (fault.do === 'meanwhile') fault.happens()
    const { answer, argument } = this.#answer(host, name, request, body)
    const given = faultAnswer(fault) ?? answer()
    if (fault.do === 'cut' || fault.do === 'cut_answer') {
      note(null, argument, body.length)
      if (fault.do === 'cut_answer') await sendHalf(response, given)
      socket.destroy()
      return
    }
    note(given.status, argument, body.length)
    send(response, given)
  }

  /** The answer is made only when asked for: a request that meets a fault is not served. */
  #answer(host: Host, name: string, request: IncomingMessage, body: Buffer): { readonly answer: () => Answer; readonly argument: unknown } {
    const refuse = (answer: Answer) => ({ answer: () => answer, argument: null })
    if (request.method !== 'POST') return refuse(badInput(name, `Unexpected method ${request.method ?? ''}.`))
    if (name === OAUTH) {
      const form = new URLSearchParams(body.toString('utf8'))
      return { answer: () => this.grants.refresh(form), argument: Object.fromEntries(form) }
    }
    const route = routeOf(name, host)
    if (route === null) return refuse({ status: 404, body: `Unknown API function: "${name}"` })
    const refusal = this.grants.refusal(name, request.headers.authorization, route.scope)
    const call = parseCall(name, route.style, request.headers, body)
    if ('status' in call) return refuse(refusal ?? call)
    return { answer: () => refusal ?? serve(route, this.account, call), argument: call.argument }
  }
}

/** Null when the connection was cut on the way. */
async function bodyOf(request: IncomingMessage, fault: Fault): Promise<Buffer | null> {
  const cutAfter = fault.do === 'cut' && fault.when !== 'after_taken' ? cutPoint(request, fault.when) : Infinity
  const { socket } = request
  const chunks: Buffer[] = []
  let size = 0
  try {
    if (cutAfter === 0) throw new Error('cut')
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= cutAfter) throw new Error('cut')
    }
    return Buffer.concat(chunks)
  } catch {
    socket.destroy()
    return null
  }
}

function cutPoint(request: IncomingMessage, when: 'before_body' | 'in_body'): number {
  return when === 'before_body' ? 0 : Math.max(1, Math.floor(Number(request.headers['content-length'] ?? 0) / 2))
}

function nameOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://dropbox').pathname.replace(/^\/(2\/)?/, '')
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), 'x-dropbox-request-id': '0123456789abcdef' })
  response.end(body)
}

async function sendHalf(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  await new Promise((resolve) => response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), resolve))
}

function addressOf(server: Server): string {
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return `http://127.0.0.1:${port}`
}
