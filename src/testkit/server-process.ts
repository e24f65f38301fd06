import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'

/** A server of another maker as a child of the test, which waits for its port and sees what it said when it fails. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  #output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    for (const pipe of [child.stdout, child.stderr]) pipe?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
  }

  /** Resolves when something takes connections on the port. */
  static async start(command: string, args: readonly string[], port: number): Promise<ServerProcess> {
    const server = new ServerProcess(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
    for (let open = false; !open;) {
      open = await isOpen(port)
      await new Promise((resolve) => setTimeout(resolve, 20))
      // Also when the port is open: another program may have been quicker.
      if (server.#child.exitCode !== null) throw new Error(`${command} ended: ${server.#output}`)
    }
    return server
  }

  get output(): string {
    return this.#output
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
