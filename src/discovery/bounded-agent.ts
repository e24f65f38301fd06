import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

export const TOO_LONG = 'the answer is too long'

export interface BoundedAgent {
  readonly agent: HttpAgent
  /** Rejects when an answer is longer than allowed. The library waits for the end of an answer whatever its length. */
  readonly exceeded: Promise<never>
}

/** One connection for each request, and no more than `maxBytes` of answer on it. */
export function boundedAgent(secure: boolean, maxBytes: number): BoundedAgent {
  let onExceeded: (cause: Error) => void = () => undefined
  const exceeded = new Promise<never>((_, reject) => (onExceeded = reject))
  exceeded.catch(() => undefined) // whoever races against it hears of it
  const agent = secure ? new HttpsAgent() : new HttpAgent()
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options: ClientRequestArgs, callback) => {
    const socket = connect(options, callback)
    if (socket) limit(socket, maxBytes, onExceeded)
    return socket
  }
  return { agent, exceeded }
}

function limit(socket: Duplex, maxBytes: number, onExceeded: (cause: Error) => void): void {
  let received = 0
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received <= maxBytes) return
    onExceeded(new Error(TOO_LONG))
    socket.destroy()
  })
}
