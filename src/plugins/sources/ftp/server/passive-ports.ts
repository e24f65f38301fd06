import { createServer, type Server } from 'node:net'
import type { Clock } from '../../../../contracts/clock.ts'
import { codeOf } from '../../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../../contracts/result.ts'
import { Semaphore } from '../../../../lib/semaphore.ts'

export interface Listening extends Disposable {
  readonly server: Server
  readonly port: number
}

/** Some other program has it, or had a moment ago: the system gives ports of this range away too. */
const IN_USE = 'EADDRINUSE'
/** How soon ports that other programs of this machine have are tried again: soon at first, and then ever less often. */
const AGAIN_MS = { first: 100, most: 2_000 }

/** The ports clients may make data connections to. A port is free again as soon as its client has come. */
export class PassivePorts {
  readonly #ports: readonly number[]
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #slots: Semaphore
  readonly #used = new Set<number>()
  #first = 0

  /** @param ports empty: any the system gives. */
  constructor(ports: readonly number[], clock: Pick<Clock, 'sleep'>) {
    this.#ports = ports
    this.#clock = clock
    this.#slots = new Semaphore(Math.max(1, ports.length))
  }

  /**
   * Listens on a free port. When all are in use, by clients or by other programs, it waits for one, until `signal` aborts.
   * The error is the system's code.
   */
  async listen(host: string, signal: AbortSignal): Promise<Result<Listening, string>> {
    if (this.#ports.length === 0) return listenOn(host, 0, () => undefined)
    const slot = await this.#slots.acquire(signal)
    if (slot === null) return err(IN_USE)
    for (let waitMs = AGAIN_MS.first; ; waitMs = Math.min(2 * waitMs, AGAIN_MS.most)) {
      const listening = await this.#listenOnAny(host, slot)
      if (listening.ok) return listening
      if (listening.error === IN_USE) await this.#clock.sleep(waitMs, signal)
      if (listening.error === IN_USE && !signal.aborted) continue
      slot[Symbol.dispose]()
      return listening
    }
  }

  /** Each port is tried once, another one first each time: a port just left is not at once another client's. */
  async #listenOnAny(host: string, slot: Disposable): Promise<Result<Listening, string>> {
    const first = this.#first++
    let failed: Result<Listening, string> = err(IN_USE)
    for (let tries = 0; tries < this.#ports.length; tries += 1) {
      const port = this.#ports[(first + tries) % this.#ports.length] ?? 0
      if (this.#used.has(port)) continue
      this.#used.add(port)
      const listening = await listenOn(host, port, () => {
        this.#used.delete(port)
        slot[Symbol.dispose]()
      })
      if (listening.ok) return listening
      this.#used.delete(port)
      failed = listening
    }
    return failed
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
