import { connect, type Socket } from 'node:net'
import { err, ok, type Result } from '../../../../contracts/result.ts'
import { plainAddress } from './client-address.ts'
import type { Listening } from './passive-ports.ts'

const CONNECT_MS = 30_000

/** Where the next data connection comes from or goes to. Good for one. */
export interface DataEndpoint extends Disposable {
  /** The connection, once it stands. The error is for the client. */
  connect(signal: AbortSignal): Promise<Result<Socket, string>>
}

/** The client comes to us. Somebody else who comes to the port first is turned away, and does not take its place. */
export function passiveEndpoint(listening: Listening, peer: string): DataEndpoint {
  let arrived: Socket | null = null
  let announce: () => void = () => undefined
  listening.server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined) // who reads it learns of it
    if (arrived !== null || plainAddress(socket.remoteAddress) !== peer) {
      socket.destroy()
      return
    }
    arrived = socket
    listening[Symbol.dispose]()
    announce()
  })
  const unclaimed = setTimeout(() => listening[Symbol.dispose](), CONNECT_MS)
  return {
    async connect(signal) {
      if (arrived === null) await until((done) => (announce = done), signal)
      const socket = arrived
      arrived = null
      clearTimeout(unclaimed)
      listening[Symbol.dispose]()
      return socket === null ? err('nobody came to the data port') : ok(socket)
    },
    [Symbol.dispose]() {
      clearTimeout(unclaimed)
      listening[Symbol.dispose]()
      arrived?.destroy()
    },
  }
}

/** We go to the client. */
export function activeEndpoint(target: { readonly host: string; readonly port: number }): DataEndpoint {
  return {
    async connect(signal) {
      const socket = connect({ ...target, allowHalfOpen: false })
      socket.on('error', () => undefined)
      await until((done) => {
        socket.once('connect', done)
        socket.once('close', done)
      }, signal)
      if (socket.readyState === 'open') return ok(socket)
      socket.destroy()
      return err('the data port of the client does not answer')
    },
    [Symbol.dispose]() {
      // Nothing is open before `connect`.
    },
  }
}

/** Waits until told, for as long as a data connection may take. */
function until(listen: (done: () => void) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, CONNECT_MS)
    signal.addEventListener('abort', done, { once: true })
    listen(done)
    if (signal.aborted) done()
  })
}
