import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands before a server and cuts or holds a connection once so many bytes went to the server. */
export class TcpCutter implements AsyncDisposable {
  readonly port: number
  /** Of the next connections; null: they live. */
  cutAfterBytes: number | null = null
  /** Connections that were made. */
  connections = 0
  readonly #sockets: Set<Socket>
  readonly #clients = new Set<Socket>()
  #passing = Infinity
  readonly #close: () => Promise<void>

  private constructor(port: number, sockets: Set<Socket>, close: () => Promise<void>) {
    this.port = port
    this.#sockets = sockets
    this.#close = close
  }

  static async before(targetPort: number): Promise<TcpCutter> {
    const sockets = new Set<Socket>()
    const server = createServer((client) => cutter.#join(client, connect(targetPort, '127.0.0.1'))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const cutter = new TcpCutter(port, sockets, async () => {
      await new Promise((resolve) => server.close(resolve))
    })
    return cutter
  }

  /** Ends what is connected now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Lets so many bytes more go to the server, all connections together, and then none until `release`. */
  holdAfter(bytes: number): void {
    this.#passing = bytes
  }

  release(): void {
    this.#passing = Infinity
    for (const client of this.#clients) client.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#close()
    this.cutAll()
    await closed
  }

  #join(client: Socket, server: Socket): void {
    this.connections += 1
    let left = this.cutAfterBytes ?? Infinity
    const cut = () => {
      client.destroy()
      server.destroy()
    }
    this.#clients.add(client)
    client.on('close', () => this.#clients.delete(client))
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    server.pipe(client)
    client.on('data', (chunk: Buffer) => {
      left -= chunk.length
      this.#passing -= chunk.length
      if (left <= 0) cut()
      else if (!server.write(chunk) || this.#passing <= 0) client.pause()
    })
    server.on('drain', () => this.#passing > 0 && client.resume())
  }
}
