import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a free port of this machine. */
export interface HttpFake extends AsyncDisposable {
  readonly port: number
  /** Without a slash at its end. */
  readonly url: string
}

/** What every fake of an HTTP service stands on. A request whose answer fails, as when the client has gone, loses its connection. */
export function listenHttp(serve: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void): Promise<HttpFake> {
  const server = createServer((request, response) => {
    void (async () => serve(request, response))().catch(() => response.destroy())
  })
  return listen(server)
}

/** For a server with listeners of its own. */
export async function listen(server: Server): Promise<HttpFake> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Undefined when it is no JSON. */
export function parseJson(text: string | Buffer): unknown {
  try {
    return JSON.parse(text.toString())
  } catch {
    return undefined
  }
}

export function sendJson(response: ServerResponse, status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
