import { createServer } from 'node:net'
import { codeOf } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import type { ClipSource, SourceHealth } from '../../../contracts/source.ts'
import type { CameraConfig } from './camera-config.ts'
import { explainListenError } from './server/listen-error.ts'
import { probeGreeting } from './server/probe-greeting.ts'
import type { ServerConfig } from './server-config.ts'
import { loadTls } from './server/tls-context.ts'

/**
 * Stands for a camera that is only checked: says whether the server could listen, and lets go of the port at once. A HomeSec that runs has
 * the port itself, and answering there is all it can be asked.
 */
export class PortCheck implements ClipSource {
  readonly #config: CameraConfig
  readonly #server: ServerConfig
  readonly #host: PluginHost
  #health: SourceHealth = { state: 'starting', detail: '', last_heartbeat: null }

  constructor(config: CameraConfig, server: ServerConfig, host: PluginHost) {
    this.#config = config
    this.#server = server
    this.#host = host
  }

  async start(): Promise<void> {
    const problem = await this.#problem()
    const last_heartbeat = problem === null ? this.#host.clock.now().toISOString() : null
    this.#health = { state: problem === null ? 'ok' : 'down', detail: problem ?? '', last_heartbeat }
  }

  health(): SourceHealth {
    return this.#health
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#health = { ...this.#health, state: 'down', detail: 'stopped' }
  }

  async #problem(): Promise<string | null> {
    const { secrets } = this.#host
    const { password_env } = this.#config
    const { host, port, tls } = this.#server
    if (password_env !== undefined && secrets.get(password_env) === undefined) return 'the variable with its FTP password is not set'
    const loaded = tls === null ? null : await loadTls(tls, secrets)
    if (loaded?.ok === false) return loaded.error
    const failed = await tryPort(host, port)
    if (failed === null) return null
    const isOurs = codeOf(failed) === 'EADDRINUSE' && (await probeGreeting(host, port))?.startsWith('220 HomeSec') === true
    return isOurs ? null : explainListenError(failed, host, port)
  }
}

function tryPort(host: string, port: number): Promise<unknown> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}
