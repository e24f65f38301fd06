import { MediaSession } from './media-session.ts'
import { UdpPorts } from './udp-ports.ts'

/** The sessions that a camera serves, not more than it can, and the UDP ports that it serves them from. */
export class Clients implements AsyncDisposable {
  readonly #host: string
  readonly #most: number
  readonly #sessions = new Set<MediaSession>()
  readonly #byRtcpPort = new Map<number, MediaSession>()
  #ports: Promise<UdpPorts> | null = null

  constructor(host: string, most: number) {
    this.#host = host
    this.#most = most
  }

  /** Null when there are as many as can be. */
  admit(): MediaSession | null {
    if (this.#sessions.size >= this.#most) return null
    const session = new MediaSession()
    this.#sessions.add(session)
    return session
  }

  leave(session: MediaSession): void {
    this.#sessions.delete(session)
    for (const [port, owner] of this.#byRtcpPort) {
      if (owner === session) this.#byRtcpPort.delete(port)
    }
  }

  /** @param rtcpPort of the client: what comes from there shows that it is alive. */
  async udpPorts(session: MediaSession, rtcpPort: number): Promise<UdpPorts> {
    this.#byRtcpPort.set(rtcpPort, session)
    this.#ports ??= UdpPorts.open(this.#host, (port) => this.#byRtcpPort.get(port)?.heard())
    return this.#ports
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ports = await this.#ports
    await ports?.[Symbol.asyncDispose]()
  }
}
