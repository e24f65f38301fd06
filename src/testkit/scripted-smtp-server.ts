import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export const SMTP_PHASES = ['greeting', 'ehlo', 'auth', 'mail', 'rcpt', 'data', 'end'] as const
export type SmtpPhase = (typeof SMTP_PHASES)[number]

const REPLY: Readonly<Record<SmtpPhase, string>> = {
  greeting: '220 scripted ESMTP',
  ehlo: '250-scripted\r\n250 AUTH PLAIN',
  auth: '235 2.7.0 welcome',
  mail: '250 2.1.0 ok',
  rcpt: '250 2.1.5 ok',
  data: '354 go on',
  end: '250 2.0.0 taken',
}

export interface ScriptedSmtpServer extends AsyncDisposable {
  readonly port: number
  /** The phases that were reached, of all connections. */
  readonly reached: readonly SmtpPhase[]
  /** Resolves when a client has reached that phase. */
  until(phase: SmtpPhase): Promise<void>
  /** Whether a client is still connected. */
  connected(): boolean
}

/** A mail server without encryption that does what it is told in one phase: hang up, fall silent, or say something of its own. */
export async function startScriptedSmtpServer(
  script: Partial<Record<SmtpPhase, 'cut' | 'hang' | (string & {})>>,
): Promise<ScriptedSmtpServer> {
  const reached: SmtpPhase[] = []
  const sockets = new Set<Socket>()
  const waiting = new Map<SmtpPhase, () => void>()
  const act = (socket: Socket, phase: SmtpPhase) => {
    reached.push(phase)
    waiting.get(phase)?.()
    const what = script[phase] ?? REPLY[phase]
    if (what === 'cut') socket.destroy()
    else if (what !== 'hang') socket.write(`${what}\r\n`)
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let inData = false
    let rest = ''
    socket.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString('latin1')}`.split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const phase = inData ? (line === '.' ? 'end' : null) : phaseOf(line)
        if (phase === 'data') inData = true
        if (phase === 'end') inData = false
        if (phase !== null) act(socket, phase)
        else if (line === 'QUIT') socket.end('221 bye\r\n')
      }
    })
    act(socket, 'greeting')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    reached,
    until: (phase) => (reached.includes(phase) ? Promise.resolve() : new Promise((resolve) => waiting.set(phase, resolve))),
    connected: () => sockets.size > 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const PHASE_OF_VERB: Readonly<Record<string, SmtpPhase | undefined>> = {
  EHLO: 'ehlo',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
}

function phaseOf(line: string): SmtpPhase | null {
  return PHASE_OF_VERB[/^[A-Z]+/.exec(line)?.[0] ?? ''] ?? null
}
