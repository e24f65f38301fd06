import { createServer, type Server } from 'node:net'
import { codeOf } from '../../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../../contracts/result.ts'
import { Semaphore } from '../../../../lib/semaphore.ts'

export interface Listening extends Disposable {
  readonly server: Server
  readonly port: number
}

/** The ports clients may make data connections to. A port is free again as soon as its client has come. */
export class PassivePorts {
  readonly #ports: readonly number[]
  readonly #slots: Semaphore
  readonly #used = new Set<number>()
  #next = 0

  /** @param ports empty: any the system gives. */
  constructor(ports: readonly number[]) {
    this.#ports = ports
    this.#slots = new Semaphore(Math.max(1, ports.length))
  }

  /** Listens on a free port. When all are in use it waits for one, until `signal` aborts. */
  async listen(host: string, signal: AbortSignal): Promise<Result<Listening, string>> {
    if (this.#ports.length === 0) return listenOn(host, 0, () => undefined)
    const slot = await this.#slots.acquire(signal)
    if (slot === null) return err('no free port')
    for (let tries = 0; tries < this.#ports.length; tries += 1) {
      const port = this.#ports[this.#next % this.#ports.length] ?? 0
      this.#next += 1
      if (this.#used.has(port)) continue
      this.#used.add(port)
      const listening = await listenOn(host, port, () => {
        this.#used.delete(port)
        slot[Symbol.dispose]()
      })
      if (listening.ok) return listening
      this.#used.delete(port)
    }
    slot[Symbol.dispose]()
    return err('no free port')
  }
}

function listenOn(host: string, port: number, release: () => void): Promise<Result<Listening, string>> {
  // Paused: nothing is read before somebody wants it.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: false })
  let open = true
  const close = () => {
    if (!open) return
    open = false
    server.close()
    release()
  }
  return new Promise((resolve) => {
    server.on('error', (cause) => {
      resolve(err(codeOf(cause)))
    })
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      const actual = typeof address === 'object' ? (address?.port ?? 0) : 0
      resolve(ok({ server, port: actual, [Symbol.dispose]: close }))
    })
  })
}
