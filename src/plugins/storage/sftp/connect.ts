import { Client, type ConnectConfig, type SFTPWrapper } from 'ssh2'
import { fault } from '../../../lib/remote-storage/fault.ts'
import type { SftpConfig } from './config.ts'
import { fingerprintOf, type HostKeys } from './host-keys.ts'
import type { Login } from './login.ts'
import { connectFault } from './sftp-errors.ts'
import { SftpFiles } from './sftp-files.ts'

const FAREWELL_MS = 300
const KEEPALIVE_MS = 10_000
/** A server that is gone is noticed after half a minute. */
const KEEPALIVES_UNANSWERED = 3

export interface SftpSession extends Disposable {
  readonly files: SftpFiles
  /** Resolves when the session has ended, whoever ended it. */
  readonly ended: Promise<void>
}

interface ConnectDeps {
  readonly login: Login
  readonly hostKeys: HostKeys
}

/** Connects, checks who answers, logs in. Rejects with a `StorageFault`, or the reason of `signal`. */
export async function connectSftp(config: SftpConfig, { login, hostKeys }: ConnectDeps, signal: AbortSignal): Promise<SftpSession> {
  const server = `${config.host}:${config.port}`
  const settings = {
    host: config.host,
    port: config.port,
    username: config.username,
    authHandler: await login.methods(),
    readyTimeout: config.connect_timeout_s * 1000,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVES_UNANSWERED,
  }
  const check = new HostCheck(config.host_key_sha256 ?? (await hostKeys.knownOf(server)))
  const client = new Client()
  const ended = new Promise<void>((resolve) => client.once('close', resolve))
  try {
    const sftp = await open(client, { ...settings, hostVerifier: check.accepts }, signal)
    if (check.isFirst) await hostKeys.keep(server, check.shown)
    const files = new SftpFiles(sftp)
    sftp.once('close', () => client.destroy())
    void ended.then(() => files.end())
    return { files, ended, [Symbol.dispose]: () => hangUp(client) }
  } catch (cause) {
    client.destroy()
    throw check.hasRefused ? wrongHost(config, check, hostKeys.path) : cause
  }
}

/** Holds a server to the host key that is expected of it, if any is. */
class HostCheck {
  readonly expected: string | null
  /** What it showed; empty before it did. */
  shown = ''

  constructor(expected: string | null) {
    this.expected = expected
  }

  readonly accepts = (hostKey: Buffer): boolean => {
    this.shown = fingerprintOf(hostKey)
    return this.isFirst || this.expected === this.shown
  }

  get isFirst(): boolean {
    return this.expected === null
  }

  get hasRefused(): boolean {
    return this.shown !== '' && !this.isFirst && this.expected !== this.shown
  }
}

/** Politely, but a server that is gone does not take part in a farewell. */
function hangUp(client: Client): void {
  client.end()
  setTimeout(() => client.destroy(), FAREWELL_MS).unref()
}

function open(client: Client, settings: ConnectConfig, signal: AbortSignal): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      client.destroy()
      reject(signal.reason as Error)
    }
    if (signal.aborted) {
      stop()
      return
    }
    signal.addEventListener('abort', stop, { once: true })
    client.once('close', () => {
      signal.removeEventListener('abort', stop)
      reject(connectFault(undefined))
    })
    // Stays for the life of the client: an error nobody hears would end the process.
    client.on('error', (cause) => reject(connectFault(cause)))
    // Each answer is waited for, and Nagle's algorithm would hold it back 40 ms.
    client.once('connect', () => client.setNoDelay(true))
    client.once('ready', () =>
      client.sftp((cause, sftp) => {
        signal.removeEventListener('abort', stop)
        if (cause === undefined) resolve(sftp)
        else reject(fault('rejected', 'the server lets the user in but offers no SFTP'))
      }),
    )
    client.connect(settings)
  })
}

function wrongHost(config: SftpConfig, { expected, shown }: HostCheck, keptIn: string): Error {
  const server = `${config.host}:${config.port}`
  const message =
    config.host_key_sha256 === undefined
      ? `the host key of ${server} has changed from ${expected ?? ''} to ${shown}: somebody may be in between. ` +
        `If the server was set up anew, write the new one into \`host_key_sha256\`, or delete ${keptIn}`
      : `${server} shows the host key ${shown}, but \`host_key_sha256\` is another: correct it if you trust that server`
  return fault('rejected', message)
}
