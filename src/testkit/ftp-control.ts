import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A bare FTP client: says what it is told to, and does nothing on its own. */
export class FtpControl implements Disposable {
  socket: Socket
  readonly #port: number
  #heard = ''
  #wake: () => void = () => undefined
  #closed = false

  private constructor(socket: Socket, port: number) {
    this.socket = socket
    this.#port = port
    this.#listen(socket)
  }

  /** Connected, and greeted. */
  static async connect(port: number): Promise<FtpControl> {
    const control = new FtpControl(connect({ host: '127.0.0.1', port }), port)
    await control.reply()
    return control
  }

  static async loggedIn(port: number, user: string, password: string): Promise<FtpControl> {
    const control = await FtpControl.connect(port)
    await control.command(`USER ${user}`)
    const answer = await control.command(`PASS ${password}`)
    if (!answer.startsWith('230')) throw new Error(answer)
    return control
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** The next answer, all its lines; the empty text when the server hung up. */
  async reply(): Promise<string> {
    for (;;) {
      const whole = /^(\d{3})(?:-[\s\S]*?\r\n\1)? [^\r\n]*\r\n/.exec(this.#heard)?.[0]
      if (whole !== undefined) {
        this.#heard = this.#heard.slice(whole.length)
        return whole
      }
      if (this.#closed) return ''
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async command(line: string | Uint8Array): Promise<string> {
    this.say(line)
    return this.reply()
  }

  say(line: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(typeof line === 'string' ? `${line}\r\n` : line)
  }

  /** A data connection to where the server listens for one. */
  async passive(): Promise<Socket> {
    const [, port] = /\|\|\|(\d+)\|/.exec(await this.command('EPSV')) ?? []
    const data = connect({ host: '127.0.0.1', port: Number(port) })
    data.on('error', () => undefined)
    await once(data, 'connect')
    return data
  }

  /** @returns the last answer. */
  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const data = await this.passive()
    const first = await this.command(`STOR ${name}`)
    if (!first.startsWith('150')) {
      data.destroy()
      return first
    }
    data.end(bytes)
    return this.reply()
  }

  /** What a listing command sends. */
  async list(command: string): Promise<string> {
    const data = await this.passive()
    let text = ''
    data.on('data', (bytes) => (text += bytes.toString()))
    const closed = once(data, 'close')
    this.say(command)
    await this.reply()
    await closed
    await this.reply()
    return text
  }

  async encrypt(): Promise<void> {
    await this.command('AUTH TLS')
    this.socket.removeAllListeners('data')
    const secured = connectTls({ socket: this.socket, rejectUnauthorized: false })
    await once(secured, 'secureConnect')
    this.socket = secured
    this.#listen(secured)
  }

  /** As a client that is killed: both its connections are simply gone. */
  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes) => {
      this.#heard += bytes.toString()
      this.#wake()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  get port(): number {
    return this.#port
  }
}
