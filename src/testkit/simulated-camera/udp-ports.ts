import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

const MAX_TRIES = 50

/** A pair of neighbouring ports, even and odd, from which all UDP sessions of a camera are served. */
export class UdpPorts implements AsyncDisposable {
  readonly rtpPort: number
  readonly #rtp: Socket
  readonly #rtcp: Socket

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp
    this.#rtcp = rtcp
    this.rtpPort = rtp.address().port
    for (const socket of [rtp, rtcp]) socket.on('error', () => undefined) // a client that is gone: its session times out
  }

  /** @param heard is told of each packet that comes back from a client's RTCP port. */
  static async open(host: string, heard: (port: number) => void): Promise<UdpPorts> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const rtp = await bound(host, 0)
      if (rtp === null) break
      const port = rtp.address().port
      const rtcp = port % 2 === 0 ? await bound(host, port + 1) : null
      if (rtcp !== null) {
        rtcp.on('message', (_packet, from) => heard(from.port))
        return new UdpPorts(rtp, rtcp)
      }
      rtp.close()
    }
    throw new Error('no free pair of UDP ports')
  }

  send(kind: 'rtp' | 'rtcp', packet: Buffer, port: number, host: string): void {
    const socket = kind === 'rtp' ? this.#rtp : this.#rtcp
    socket.send(packet, port, host, () => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#rtp, this.#rtcp].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }
}

async function bound(host: string, port: number): Promise<Socket | null> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    socket.bind(port, host)
    await once(socket, 'listening')
    return socket
  } catch {
    socket.close()
    return null
  }
}
