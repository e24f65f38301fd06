import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { stablePort } from './stable-port.ts'

const MAX_TRIES = 50

/** A TCP port that can be closed and opened again as the same one; 0 is one of our choice. Connections are the owner's. */
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
    for (let tries = 1; ; tries += 1) {
      const port = this.#port === 0 ? stablePort() : this.#port
      const server = createServer(this.#onConnection)
      this.#server = server
      try {
        server.listen(port, this.#host)
        await once(server, 'listening')
        this.#port = port
        return
      } catch (cause) {
        this.#server = null
        if (this.#port !== 0 || tries === MAX_TRIES) throw cause
      }
    }
  }

  /** From now on connections are refused. */
  close(): void {
    this.#server?.close()
    this.#server = null
  }
}
