/** How a client wants to have a track. */
export type WantedTransport =
  { readonly kind: 'tcp'; readonly channel: number | null } | { readonly kind: 'udp'; readonly rtpPort: number; readonly rtcpPort: number }

/** The first alternative of a Transport header that can be served; null for multicast and other things. */
export function parseTransport(header: string): WantedTransport | null {
  for (const alternative of header.split(',')) {
    const wanted = parseAlternative(alternative.trim().split(';'))
    if (wanted !== null) return wanted
  }
  return null
}

function parseAlternative([protocol = '', ...parameters]: readonly string[]): WantedTransport | null {
  const named = new Map(
    parameters.map((parameter) => parameter.split('=', 2)).map(([name = '', value = '']) => [name.toLowerCase(), value]),
  )
  if (named.has('multicast')) return null
  switch (protocol.toUpperCase()) {
    case 'RTP/AVP/TCP':
      return overTcp(named.get('interleaved'))
    case 'RTP/AVP':
    case 'RTP/AVP/UDP':
      return overUdp(named.get('client_port'))
    default:
      return null
  }
}

function overTcp(interleaved: string | undefined): WantedTransport | null {
  if (interleaved === undefined) return { kind: 'tcp', channel: null }
  const channels = parseRange(interleaved)
  return channels === null || channels.to > 255 ? null : { kind: 'tcp', channel: channels.from }
}

function overUdp(clientPort: string | undefined): WantedTransport | null {
  const ports = parseRange(clientPort ?? '')
  if (ports === null || ports.from === 0 || ports.to > 65_535) return null
  return { kind: 'udp', rtpPort: ports.from, rtcpPort: ports.to }
}

function parseRange(text: string): { readonly from: number; readonly to: number } | null {
  const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  if (from === undefined) return null
  return { from: Number(from), to: to === undefined ? Number(from) + 1 : Number(to) }
}
