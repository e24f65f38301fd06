import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerError, type SMTPServerOptions } from 'smtp-server'
import { selfSigned, type Certificate } from './certificate.ts'

export interface SmtpBehaviour {
  /** Reply to a login with the right password, e.g. `454 4.7.0 later`. */
  readonly login?: string
  /** Replies by recipient, to be refused; others are taken. */
  readonly recipients?: Readonly<Record<string, string>>
  readonly sender?: string
  /** Reply at the end of the data. */
  readonly data?: string
}

export interface ReceivedMail {
  readonly from: string
  readonly recipients: readonly string[]
  readonly secure: boolean
  readonly user: string | null
  /** As it came over the wire. */
  readonly raw: string
  readonly mail: ParsedMail
}

export interface TestSmtpServer extends AsyncDisposable {
  readonly port: number
  /** Signs itself; for `ca_file`. */
  readonly certificate: Certificate
  readonly received: readonly ReceivedMail[]
  readonly connections: () => number
  behave(behaviour: SmtpBehaviour): void
}

export interface TestSmtpOptions {
  readonly tls: 'starttls' | 'implicit' | 'none'
  readonly user?: string
  readonly password?: string
}

/** Made once: a key takes half a second. */
let certificate: Certificate | undefined

/** A real SMTP server (npm `smtp-server`) on a free port of this machine, with mails taken apart by `mailparser`. */
export async function startSmtpServer({ tls, user = 'camera', password = 'secret' }: TestSmtpOptions): Promise<TestSmtpServer> {
  certificate ??= selfSigned()
  const own = certificate
  const received: ReceivedMail[] = []
  let behaviour: SmtpBehaviour = {}
  const hiddenCommands = tls === 'none' ? ['STARTTLS'] : []
  const options: SMTPServerOptions = {
    secure: tls === 'implicit',
    cert: readFileSync(own.cert),
    key: readFileSync(own.key),
    disabledCommands: hiddenCommands,
    // As real servers do: no password before the connection is encrypted.
    allowInsecureAuth: tls === 'none',
    authOptional: true,
    disableReverseLookup: true,
    size: 20_000_000,
    onAuth: (auth, _session, done) => {
      if (behaviour.login !== undefined) done(refusal(behaviour.login))
      else if (auth.username === user && auth.password === password) done(null, { user })
      else done(refusal('535 5.7.8 Username and password not accepted'))
    },
    onMailFrom: (_address, _session, done) => done(behaviour.sender === undefined ? null : refusal(behaviour.sender)),
    onRcptTo: ({ address }, _session, done) => {
      const reply = behaviour.recipients?.[address]
      done(reply === undefined ? null : refusal(reply))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (behaviour.data !== undefined) {
          done(refusal(behaviour.data))
          return
        }
        const { mailFrom, rcptTo } = session.envelope
        const raw = Buffer.concat(chunks)
        void simpleParser(raw, { skipImageLinks: true }).then((mail) => {
          const about = { from: mailFrom === false ? '' : mailFrom.address, recipients: rcptTo.map(({ address }) => address) }
          received.push({
            ...about,
            secure: session.secure,
            user: session.user === undefined ? null : String(session.user),
            raw: raw.toString(),
            mail,
          })
          done()
        }, done)
      })
    },
  }
  const server = new SMTPServer(options)
  server.on('error', () => undefined) // clients that hang up are part of the tests
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    certificate: own,
    received,
    connections: () => server.connections.size,
    behave: (next) => {
      behaviour = next
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** `450 4.2.0 text` as the error that makes smtp-server say so. */
function refusal(reply: string): SMTPServerError {
  const [, code = '550', text = ''] = /^(\d{3}) (.*)$/.exec(reply) ?? []
  return Object.assign(new Error(text), { responseCode: Number(code) })
}
