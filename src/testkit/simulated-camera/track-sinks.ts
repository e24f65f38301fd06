import type { Socket } from 'node:net'
import type { TrackSink } from './media-session.ts'
import { unframed } from './rtp-sender.ts'
import type { UdpPorts } from './udp-ports.ts'

/** About what a camera with little memory keeps for a client that does not read. */
const MAX_UNSENT_BYTES = 512 * 1024
const FIRST_RTCP_TYPE = 192
const LAST_RTCP_TYPE = 223

export function tcpSink(socket: Socket, channel: number): TrackSink {
  return {
    transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`,
    send: (framed) => {
      if (socket.writable) socket.write(framed)
    },
    congested: () => socket.writableLength > MAX_UNSENT_BYTES,
  }
}

/** Sends to where the connection comes from, whatever destination the client asks for. */
export function udpSink(
  ports: UdpPorts,
  client: { readonly host: string; readonly rtpPort: number; readonly rtcpPort: number },
): TrackSink {
  return {
    transport: `RTP/AVP;unicast;client_port=${client.rtpPort}-${client.rtcpPort};server_port=${ports.rtpPort}-${ports.rtpPort + 1}`,
    send: (framed) => {
      for (const packet of unframed(framed)) {
        const isControl = (packet[1] ?? 0) >= FIRST_RTCP_TYPE && (packet[1] ?? 0) <= LAST_RTCP_TYPE
        if (isControl) ports.send('rtcp', packet, client.rtcpPort, client.host)
        else ports.send('rtp', packet, client.rtpPort, client.host)
      }
    },
    congested: () => false,
  }
}
