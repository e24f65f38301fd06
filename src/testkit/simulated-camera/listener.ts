import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A TCP port that can be closed and opened again as the same one. Connections are the owner's. */
export class Listener {
  readonly #host: string
  readonly #onConnection: (socket: Socket) => void
  #server: Server | null = null
  #port: number

  constructor(address: { readonly host: string; readonly port: number }, onConnection: (socket: Socket) => void) {
    this.#host = address.host
    this.#port = address.port
    this.#onConnection = onConnection
  }

  get port(): number {
    return this.#port
  }

  /** Rejects when the port is taken. */
  async open(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer(this.#onConnection)
    this.#server = server
    server.listen(this.#port, this.#host)
    await once(server, 'listening')
    const address = server.address()
    if (address !== null && typeof address !== 'string') this.#port = address.port
  }

  /** From now on connections are refused. */
  close(): void {
    this.#server?.close()
    this.#server = null
  }
}
