import { createServer, type Server, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { PluginHost } from '../../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../../contracts/result.ts'
import type { SourceHealth } from '../../../../contracts/source.ts'
import { retryDelayMs } from '../../../../lib/retry.ts'
import type { Account, ServerContext } from './client.ts'
import { plainAddress } from './client-address.ts'
import { explainListenError } from './listen-error.ts'
import { LoginGuard } from './login-guard.ts'
import { PassivePorts } from './passive-ports.ts'
import { probeGreeting } from './probe-greeting.ts'
import { formatReply, reply } from './reply.ts'
import type { ServerConfig } from '../server-config.ts'
import { closeSoon, Session } from './session.ts'
import { loadTls } from './tls-context.ts'

type Host = Pick<PluginHost, 'clock' | 'log' | 'secrets'>

const FIRST_BACKOFF_MS = 1000
const MOST_BACKOFF_MS = 60_000
const CHECK_EVERY_MS = 30_000

/** The one server of all cameras. Listens as long as it lives; when it cannot, it says why and tries again. */
export class FtpServer implements AsyncDisposable {
  readonly #config: ServerConfig
  readonly #host: Host
  readonly #stop = new AbortController()
  readonly #accounts = new Map<string, Account>()
  readonly #sessions = new Set<Session>()
  readonly #context: Omit<ServerContext, 'tls'>
  readonly #running: Promise<void>
  #tls: SecureContext | null = null
  #health: SourceHealth = { state: 'starting', detail: '', last_heartbeat: null }

  constructor(config: ServerConfig, host: Host) {
    this.#config = config
    this.#host = host
    this.#context = {
      config,
      host,
      ports: new PassivePorts(config.passive_ports, host.clock),
      logins: new LoginGuard({ maxFailures: config.max_login_failures, lockoutMs: config.lockout_s * 1000 }, host.clock),
      account: (username) => this.#accounts.get(username) ?? null,
      anonymousAccount: () => [...this.#accounts.values()].find(({ isAnonymous }) => isAnonymous) ?? null,
    }
    this.#running = this.#run()
  }

  health(): SourceHealth {
    return this.#health
  }

  /**
   * Lets a camera in, until the answer is disposed of: then its connections are closed, and what they were sending goes aside.
   * The error is for the owner.
   */
  register(account: Account): Result<AsyncDisposable, string> {
    const other = this.#accounts.get(account.username)
    if (other !== undefined)
      return err(`the FTP user "${account.username}" is that of camera ${other.camera} too; give each its own username`)
    const anonymous = account.isAnonymous ? this.#context.anonymousAccount() : null
    if (anonymous !== null) return err(`camera ${anonymous.camera} is anonymous too, and uploads could be of either; only one may be`)
    this.#accounts.set(account.username, account)
    return ok({
      [Symbol.asyncDispose]: async () => {
        this.#accounts.delete(account.username)
        const theirs = [...this.#sessions].filter(({ client }) => client.account === account)
        for (const session of theirs) session.end('The camera is switched off.')
        await Promise.all(theirs.map(({ closed }) => closed))
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock } = this.#host
    for (let next = 2; !this.#stop.signal.aborted; next += 1) {
      const opened = await this.#open()
      if (opened.ok) {
        await this.#watch(opened.value)
        await this.#close(opened.value)
        next = 2
      } else {
        this.#turn('down', opened.error)
        await clock.sleep(retryDelayMs(next, FIRST_BACKOFF_MS, 0.5, { capMs: MOST_BACKOFF_MS }), this.#stop.signal)
      }
    }
  }

  async #open(): Promise<Result<Server, string>> {
    const { host, port, tls } = this.#config
    if (tls !== null) {
      const loaded = await loadTls(tls, this.#host.secrets)
      if (!loaded.ok) return loaded
      this.#tls = loaded.value
    }
    const server = createServer((socket) => this.#welcome(socket))
    const failed = await new Promise<unknown>((resolve) => {
      server.once('error', resolve)
      server.listen({ host, port, exclusive: true }, () => resolve(null))
    })
    if (failed !== null) return err(explainListenError(failed, host, port))
    server.removeAllListeners('error')
    server.on('error', () => server.close())
    return ok(server)
  }

  /** Until it is closed, by us or by the system. Looks at itself now and then, as a camera would. */
  async #watch(server: Server): Promise<void> {
    this.#turn('ok', '')
    const over = new AbortController()
    const end = () => over.abort()
    server.once('close', end)
    this.#stop.signal.addEventListener('abort', end, { once: true })
    if (this.#stop.signal.aborted) end()
    const isOver = () => over.signal.aborted
    while (!isOver()) {
      await this.#host.clock.sleep(CHECK_EVERY_MS, over.signal)
      if (!isOver()) await this.#checkItself()
    }
    this.#stop.signal.removeEventListener('abort', end)
  }

  async #checkItself(): Promise<void> {
    const { host, port } = this.#config
    const greeting = await probeGreeting(host, port)
    if (/^(?:220|421)/.test(greeting ?? '')) this.#turn('ok', '')
    else this.#turn('down', 'the FTP server does not answer itself; is this machine out of memory or file handles?')
  }

  async #close(server: Server): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const session of this.#sessions) session.end('The server is stopping.')
    await Promise.all([...this.#sessions].map((session) => session.closed))
    await closed
  }

  #welcome(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress)
    const fromThere = [...this.#sessions].filter(({ client }) => client.address === address).length
    if (this.#sessions.size >= this.#config.max_connections || fromThere >= this.#config.max_connections_per_address) {
      socket.on('error', () => undefined)
      socket.end(formatReply(reply(421, 'Too many connections, come back later.')))
      closeSoon(socket)
      return
    }
    const session = new Session(socket, { ...this.#context, tls: this.#tls })
    this.#sessions.add(session)
    void session.closed.then(() => this.#sessions.delete(session))
    if (this.#health.state === 'ok') this.#turn('ok', '')
  }

  #turn(state: 'ok' | 'down', detail: string): void {
    const { log, clock } = this.#host
    const before = this.#health
    const last_heartbeat = state === 'ok' ? clock.now().toISOString() : before.last_heartbeat
    this.#health = { state, detail, last_heartbeat }
    if (before.state === state && before.detail === detail) return
    const { host, port } = this.#config
    if (state === 'ok') log.info({ event_type: 'ftp_listening', host, port }, 'the FTP server listens')
    else log.warn({ event_type: 'ftp_down', reason: detail }, 'the FTP server is down, trying again')
  }
}
