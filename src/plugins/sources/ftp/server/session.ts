import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { messageOf } from '../../../../contracts/errors.ts'
import { attempt } from '../../../../contracts/result.ts'
import { OwnUploads, type Client, type ServerContext } from './client.ts'
import { plainAddress } from './client-address.ts'
import { LineReader, type Line } from './command-line.ts'
import { perform } from './commands.ts'
import { formatReply, reply, type Reply } from './reply.ts'
import { encrypt } from './tls-context.ts'

/** Commands that may wait behind the one under way; beyond it the client is not listened to. */
const MOST_QUEUED = 32
/** Who does not log in does not get to stay. */
const LOGIN_WITHIN_MS = 30_000
const KEEP_ALIVE_MS = 60_000
/** So long the other side has to read what was said last. */
const LINGER_MS = 2_000

/** One control connection: reads commands, one after the other, and answers each. */
export class Session {
  readonly client: Client
  /** Resolves when the connection is closed and nothing of it is under way any more. */
  readonly closed: Promise<void>
  readonly #gone = new AbortController()
  #socket: Socket
  #reader = new LineReader()
  readonly #queue: Line[] = []
  #pumping: Promise<void> = Promise.resolve()
  #isPumping = false

  constructor(socket: Socket, server: ServerContext) {
    this.#socket = socket
    this.client = {
      server,
      address: plainAddress(socket.remoteAddress),
      localAddress: plainAddress(socket.localAddress),
      gone: this.#gone.signal,
      announce: (answer) => this.#send(answer),
      isEncrypted: false,
      mayProtect: false,
      protectsData: false,
      username: null,
      failedLogins: 0,
      account: null,
      cwd: '/',
      renaming: null,
      onlyEpsv: false,
      data: null,
      transfer: null,
      uploads: new OwnUploads(),
    }
    const gone = new Promise<void>((resolve) => this.#gone.signal.addEventListener('abort', () => resolve(), { once: true }))
    this.closed = gone.then(() => this.#pumping)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.setNoDelay(true)
    this.#listen(socket)
    this.#restIdle()
    socket.write(formatReply(reply(220, 'HomeSec FTP, uploads only.')))
  }

  /** Says goodbye and closes, whatever is under way. */
  end(reason: string): void {
    if (this.#socket.writable) this.#socket.write(formatReply(reply(421, reason)))
    this.#leave()
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Uint8Array) => this.#hear(bytes))
    socket.on('timeout', () => {
      if (!this.#isPumping) this.end('You said nothing for too long.')
    })
    socket.on('error', () => socket.destroy())
    socket.on('end', () => this.#leave())
    socket.on('close', () => this.#leave())
  }

  #leave(): void {
    if (this.#gone.signal.aborted) return
    this.#gone.abort()
    this.#queue.length = 0
    this.client.data?.[Symbol.dispose]()
    this.client.data = null
    closeSoon(this.#socket)
  }

  #restIdle(): void {
    const { idle_timeout_s } = this.client.server.config
    const idleMs = idle_timeout_s * 1000
    this.#socket.setTimeout(this.client.account === null ? Math.min(idleMs, LOGIN_WITHIN_MS) : idleMs)
  }

  #hear(bytes: Uint8Array): void {
    for (const line of this.#reader.push(bytes)) {
      // The one command that counts while another is under way; it is answered in its turn.
      if (line.kind === 'command' && line.command.verb === 'ABOR') this.client.transfer?.abort()
      this.#queue.push(line)
    }
    if (this.#queue.length > MOST_QUEUED) this.#socket.pause()
    if (this.#isPumping || this.#gone.signal.aborted) return
    this.#isPumping = true
    this.#pumping = this.#pump()
  }

  async #pump(): Promise<void> {
    for (let line = this.#queue.shift(); line !== undefined && !this.#gone.signal.aborted; line = this.#queue.shift()) {
      const answer = await this.#answer(line)
      await this.#send(answer)
      if (answer.then === 'close') this.#leave()
      if (answer.then === 'encrypt') await this.#encrypt(this.client.server.tls)
      if (this.#queue.length <= MOST_QUEUED / 2) this.#socket.resume()
    }
    this.#isPumping = false
    if (!this.#gone.signal.aborted) this.#restIdle()
  }

  async #answer(line: Line): Promise<Reply> {
    if (line.kind === 'too-long') return reply(500, 'That line is too long.')
    if (line.kind === 'not-a-command') return reply(500, 'That is no command.')
    const answered = await attempt(
      () => perform(this.client, line.command),
      (cause) => cause,
    )
    if (answered.ok) return answered.value
    const { host } = this.client.server
    host.log.error(
      { event_type: 'ftp_command_failed', verb: line.command.verb, reason: messageOf(answered.error) },
      'a command of an FTP client failed in a way it should not',
    )
    return reply(451, 'That went wrong.')
  }

  /** A client that does not read its answers is not listened to, until it is idle for too long. */
  async #send(answer: Reply): Promise<void> {
    if (!this.#socket.writable) return
    if (this.#socket.write(formatReply(answer))) return
    const socket = this.#socket
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#gone.signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(() => socket.destroy(), LOGIN_WITHIN_MS)
      socket.once('drain', done)
      this.#gone.signal.addEventListener('abort', done, { once: true })
    })
  }

  async #encrypt(context: SecureContext | null): Promise<void> {
    // What came in the clear behind AUTH may be from somebody between us.
    if (context === null || this.#queue.length > 0 || this.#reader.isMidLine) {
      this.end('Nothing may follow AUTH TLS before the encryption.')
      return
    }
    const plain = this.#socket
    plain.setTimeout(0)
    plain.removeAllListeners('data')
    plain.removeAllListeners('end')
    plain.removeAllListeners('timeout')
    const secured = await attempt(() => encrypt(plain, context), messageOf)
    if (!secured.ok) {
      plain.destroy()
      this.#leave()
      return
    }
    this.#socket = secured.value
    this.#reader = new LineReader()
    Object.assign(this.client, { isEncrypted: true, username: null, account: null } satisfies Partial<Client>)
    this.#listen(secured.value)
    this.#restIdle()
  }
}

/** Closes a connection once everything is said, and without waiting long for a side that may be gone. */
export function closeSoon(socket: Socket): void {
  if (socket.destroyed) return
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.destroySoon()
}
