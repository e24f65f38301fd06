import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { freePort } from './free-port.ts'

const BINARY = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find((path) => existsSync(path))

/** Why tests with a real broker must be skipped here, or null. */
export const NO_MOSQUITTO: string | null = BINARY === undefined ? 'Mosquitto is not installed (Debian package "mosquitto")' : null

export interface MosquittoOptions {
  /** User → password. Absent: everyone may connect. */
  readonly users?: Readonly<Record<string, string>>
  /** Lines of an access list, e.g. `topic write homecam/#`. */
  readonly acl?: readonly string[]
  /** Serve TLS with a certificate for `localhost` that its own CA signed; clients need that CA. */
  readonly tls?: boolean
  /** Also demand a client certificate (the server's own will do). */
  readonly clientCertificate?: boolean
}

export interface ReceivedMessage {
  readonly topic: string
  readonly payload: string
  readonly qos: number
  readonly retain: boolean
  /** By `performance.now()`. */
  readonly arrivedMs: number
}

export interface Mailbox extends AsyncDisposable {
  readonly messages: readonly ReceivedMessage[]
  /** Resolves when `count` messages are there; the test's own timeout is the limit. */
  atLeast(count: number): Promise<void>
  /** Resolves when a message that fits is there. */
  has(fits: (message: ReceivedMessage) => boolean): Promise<void>
  /** Resolves when everything that the broker had for us before this call is here. */
  settled(): Promise<void>
}

/** A real Mosquitto on a port of its own. */
export class Mosquitto implements AsyncDisposable {
  readonly port: number
  readonly folder: string
  readonly #options: MosquittoOptions
  #process: ChildProcess | null = null
  readonly #mailboxes = new Set<MqttClient>()
  #log = ''

  private constructor(port: number, folder: string, options: MosquittoOptions) {
    this.port = port
    this.folder = folder
    this.#options = options
  }

  /** Reserves a port and writes the configuration; nothing listens yet. */
  static async prepare(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort(), await mkdtemp(join(tmpdir(), 'homesec-mosquitto-')), options)
    await broker.#configure()
    return broker
  }

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = await Mosquitto.prepare(options)
    await broker.start()
    return broker
  }

  get caFile(): string {
    return join(this.folder, 'ca.crt')
  }
  get certFile(): string {
    return join(this.folder, 'server.crt')
  }
  get keyFile(): string {
    return join(this.folder, 'server.key')
  }

  /** Resolves when it takes connections. The port is the same each time. */
  async start(): Promise<void> {
    if (BINARY === undefined) throw new Error('Mosquitto is not installed')
    const child = spawn(BINARY, ['-c', join(this.folder, 'mosquitto.conf'), '-v'], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString()
        if (/mosquitto version .* running/.test(this.#log)) resolve()
      })
      child.once('exit', () => reject(new Error(`mosquitto ended: ${this.#log}`)))
    })
  }

  /** SIGTERM: sessions and retained messages are kept for the next start, as a broker with persistence does. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (signal === 'SIGTERM') await this.#letMailboxesConfirm()
    this.#process = null
    this.#log = ''
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Loses sessions and retained messages, as a broker without persistence does; call it while it is stopped. */
  async forget(): Promise<void> {
    await rm(join(this.folder, 'mosquitto.db'), { force: true })
  }

  /** Stops answering without closing anything, as a hung machine does, until `thaw`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Subscribes and keeps what arrives, over restarts of the broker too: the broker holds messages while we are away. */
  async subscribe(topic = '#'): Promise<Mailbox> {
    const [user] = Object.entries(this.#options.users ?? {})
    const client = mqtt.connect({
      protocol: this.#options.tls ? 'mqtts' : 'mqtt',
      host: 'localhost',
      port: this.port,
      clean: false,
      clientId: `mailbox-${Math.random().toString(16).slice(2)}`,
      reconnectPeriod: 100,
      rejectUnauthorized: false,
      ...(user === undefined ? {} : { username: user[0], password: user[1] }),
    })
    client.on('error', () => undefined)
    this.#mailboxes.add(client)
    const messages: ReceivedMessage[] = []
    const checks = new Set<() => void>()
    client.on('message', (name, payload, packet) => {
      messages.push({ topic: name, payload: payload.toString(), qos: packet.qos, retain: packet.retain, arrivedMs: performance.now() })
      for (const check of checks) check()
    })
    await new Promise<void>((resolve) => client.once('connect', () => resolve()))
    await client.subscribeAsync(topic, { qos: 2 })
    const until = (done: () => boolean) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!done()) return
          checks.delete(check)
          resolve()
        }
        checks.add(check)
        check()
      })
    return {
      messages,
      atLeast: (count) => until(() => messages.length >= count),
      has: (fits) => until(() => messages.some(fits)),
      settled: () => roundTrip(client),
      [Symbol.asyncDispose]: async () => {
        this.#mailboxes.delete(client)
        await client.endAsync(true)
      },
    }
  }

  /** A message whose receipt the broker has not seen would be sent to the mailbox again after the restart, and be counted twice. */
  async #letMailboxesConfirm(): Promise<void> {
    for (let round = 0; round < 2; round += 1) {
      const connected = [...this.#mailboxes].filter((client) => client.connected)
      await Promise.all(connected.map(roundTrip))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw()
    await this.stop('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }

  async #configure(): Promise<void> {
    const { users, acl, tls, clientCertificate } = this.#options
    const file = (name: string) => join(this.folder, name)
    if (tls) await this.#makeCertificates()
    if (users !== undefined) await writeFile(file('passwords'), '')
    for (const [user, password] of Object.entries(users ?? {})) execFileSync('mosquitto_passwd', ['-b', file('passwords'), user, password])
    if (acl !== undefined) await writeFile(file('acl'), `${acl.join('\n')}\n`)
    const lines = [
      process.getuid?.() === 0 ? 'user root' : '',
      `listener ${this.port} localhost`,
      `allow_anonymous ${String(users === undefined)}`,
      users === undefined ? '' : `password_file ${file('passwords')}`,
      acl === undefined ? '' : `acl_file ${file('acl')}`,
      tls ? `cafile ${this.caFile}\ncertfile ${this.certFile}\nkeyfile ${this.keyFile}` : '',
      clientCertificate ? 'require_certificate true' : '',
      `persistence true\npersistence_location ${this.folder}/`,
      'log_dest stderr',
    ]
    await writeFile(file('mosquitto.conf'), `${lines.filter((line) => line !== '').join('\n')}\n`)
  }

  async #makeCertificates(): Promise<void> {
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' })
    const days = ['-days', '2']
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.crt', ...days)
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr')
    await writeFile(join(this.folder, 'names'), 'subjectAltName=DNS:localhost\n')
    const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
    openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signing, ...days)
  }
}

/** The broker answers in order: its confirmation comes after what it sent us before. */
async function roundTrip(client: MqttClient): Promise<void> {
  await client.publishAsync('mailbox/sync', '', { qos: 1 })
}
