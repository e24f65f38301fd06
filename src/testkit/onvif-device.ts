import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HttpDigest, UsernameTokens, type DeviceUser, type Verdict } from './onvif-auth.ts'
import * as messages from './onvif-messages.ts'
import type { DeviceProfile } from './onvif-messages.ts'

export type { DeviceProfile } from './onvif-messages.ts'

/** How it answers over HTTP. */
export type OnvifBehaviour =
  | 'answer'
  /** Takes questions and never answers. */
  | 'hang'
  /** A byte now and then, for ever. */
  | 'trickle'
  | 'garbage'
  | 'entity_bomb'
  /** An answer without end. */
  | 'huge'
  /** Well within limits, and minutes of work for a careless parser. */
  | 'slow_to_parse'
  /** Sends everybody on to another server. */
  | 'redirect'
  /** Closes the connection in the middle of an answer. */
  | 'cut'

export interface OnvifDeviceOptions {
  /** An address of the loopback: each device of a test has its own. */
  readonly address: string
  readonly user?: DeviceUser
  /** `token`: WS-Security, as ONVIF has it from the start. `http_digest`: only that, as newer devices. `open`: no password. */
  readonly auth?: 'token' | 'http_digest' | 'open'
  readonly profiles?: readonly DeviceProfile[]
  readonly behaviour?: OnvifBehaviour
  /** The friendly name in its scopes. */
  readonly name?: string
  readonly information?: Readonly<Record<string, string>>
  readonly media2?: boolean
  /** Offers Media2 and fails at it. */
  readonly media2Broken?: boolean
  /** Knows capabilities only. */
  readonly beforeServices?: boolean
  /** How far its clock is ahead. */
  readonly clockAheadMs?: number
  readonly endpoint?: string
  /** What it says of its own address; else the truth. */
  readonly xaddrs?: (port: number) => readonly string[]
  /** false: no WS-Discovery. Every probe on this machine would find it, those of other tests too. */
  readonly discoverable?: boolean
  /** Answers to each probe. */
  readonly probeAnswers?: number
  /** Where `redirect` points. */
  readonly elsewhere?: string
}

export interface OnvifDevice extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** Operations in order of arrival, with what it made of the credentials. */
  readonly requests: readonly { readonly operation: string; readonly credentials: Verdict }[]
  readonly probes: number
}

const DISCOVERY_PORT = 3702
const DISCOVERY_GROUP = '239.255.255.250'
/** Elsewhere the loopback has one address only. */
export const LOOPBACK_IS_A_NETWORK = process.platform === 'linux'
export const ONVIF_USER: DeviceUser = { username: 'onvif', password: 'onvif-password' }
const OPEN_OPERATIONS = new Set(['GetSystemDateAndTime', 'GetServices', 'GetCapabilities'])

/** A camera that speaks ONVIF on the loopback: WS-Discovery over UDP, SOAP over HTTP, and it insists on a right password. */
export async function startOnvifDevice(options: OnvifDeviceOptions): Promise<OnvifDevice> {
  const { address, user = ONVIF_USER } = options
  const requests: { operation: string; credentials: Verdict }[] = []
  const tokens = new UsernameTokens(user)
  const digest = new HttpDigest(user)
  let port = 0
  let probes = 0

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const message = await readText(request)
    const now = new Date(Date.now() + (options.clockAheadMs ?? 0))
    const operation = /<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)/.exec(message)?.[1] ?? ''
    const byToken = tokens.verify(message, now)
    const byDigest = digest.verify(request.headers.authorization, request.method ?? '')
    const credentials = options.auth === 'http_digest' ? byDigest : byToken
    requests.push({ operation, credentials })
    if (options.behaviour !== undefined && options.behaviour !== 'answer') misbehave(options, response)
    else if (mayAsk(operation, credentials, options))
      send(response, ...reply(operation, message, { options, base: `http://${address}:${port}`, now }))
    else if (options.auth === 'http_digest') response.writeHead(401, { 'www-authenticate': digest.challenge }).end()
    else send(response, 400, messages.fault('ter:NotAuthorized', 'Sender not Authorized'))
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  server.listen(0, address)
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port // a TCP server that listens has one
  const udp =
    options.discoverable === false
      ? []
      : await listenForProbes(address, (probe, answerTo) => {
          probes += 1
          for (let n = 0; n < (options.probeAnswers ?? 1); n += 1) answerTo(probeAnswer(probe, options, port))
        })
  return {
    address,
    port,
    requests,
    get probes() {
      return probes
    },
    [Symbol.asyncDispose]: () => close(server, udp),
  }
}

/** A wrong password is refused even where none is needed, as devices do. */
function mayAsk(operation: string, credentials: Verdict, { auth }: OnvifDeviceOptions): boolean {
  return auth === 'open' || credentials === 'right' || (credentials === 'none' && OPEN_OPERATIONS.has(operation))
}

function probeAnswer(probe: string, options: OnvifDeviceOptions, port: number): string {
  const { address, name = 'Camera', endpoint = `urn:uuid:${randomUUID()}`, xaddrs } = options
  return messages.probeMatches({
    endpoint,
    relatesTo: /<(?:\w+:)?MessageID[^>]*>([^<]*)</.exec(probe)?.[1] ?? '',
    types: 'dn:NetworkVideoTransmitter tds:Device',
    scopes: [
      `onvif://www.onvif.org/name/${encodeURIComponent(name)}`,
      'onvif://www.onvif.org/hardware/TEST-1',
      'onvif://www.onvif.org/type/ptz',
    ],
    xaddrs: xaddrs?.(port) ?? [`http://${address}:${port}/onvif/device_service`],
  })
}

interface Known {
  readonly options: OnvifDeviceOptions
  readonly base: string
  readonly now: Date
}

type Reply = readonly [status: number, body: string]
const NOT_SUPPORTED: Reply = [500, messages.fault('ter:ActionNotSupported', 'Optional Action Not Implemented')]

function reply(operation: string, message: string, { options, base, now }: Known): Reply {
  const { media2 = false, media2Broken = false } = options
  switch (operation) {
    case 'GetSystemDateAndTime':
      return [200, messages.systemDateAndTime(now)]
    case 'GetDeviceInformation':
      return [200, messages.deviceInformation({ ...INFORMATION, ...options.information })]
    case 'GetServices':
      return options.beforeServices === true ? NOT_SUPPORTED : [200, messages.services(base, media2 || media2Broken)]
    case 'GetCapabilities':
      return [200, messages.capabilities(base)]
    default:
      return mediaReply(operation, message, options)
  }
}

function mediaReply(operation: string, message: string, { profiles = [], media2Broken = false }: OnvifDeviceOptions): Reply {
  const isMedia2 = message.includes('"http://www.onvif.org/ver20/media/wsdl"')
  if (isMedia2 && media2Broken) return NOT_SUPPORTED
  // The older service does not know H.265.
  if (operation === 'GetProfiles')
    return [
      200,
      isMedia2 ? messages.profilesOfMedia2(profiles) : messages.profilesOfMedia(profiles.filter(({ codec }) => codec !== 'H265')),
    ]
  if (operation !== 'GetStreamUri') return NOT_SUPPORTED
  const token = /<(?:\w+:)?ProfileToken[^>]*>([^<]*)</.exec(message)?.[1]
  const profile = profiles.find((each) => each.token === token)
  if (profile === undefined) return [400, messages.fault('ter:NoProfile', 'Profile Not Exist')]
  return [200, isMedia2 ? messages.streamUriOfMedia2(profile.uri) : messages.streamUriOfMedia(profile.uri)]
}

const INFORMATION = { Manufacturer: 'Acme', Model: 'TEST-1', FirmwareVersion: '5.50', SerialNumber: 'SN1', HardwareId: '1' }

function misbehave({ behaviour, elsewhere = 'http://127.0.0.1:9/' }: OnvifDeviceOptions, response: ServerResponse): void {
  switch (behaviour) {
    case 'garbage':
      send(response, 200, '<html><b>Login</i>\u001b[31m</html>')
      return
    case 'entity_bomb':
      send(response, 200, messages.entityBomb())
      return
    case 'slow_to_parse':
      send(response, 200, 'xmlns'.repeat(180_000))
      return
    case 'redirect':
      response.writeHead(302, { location: elsewhere }).end()
      return
    case 'cut':
      response.writeHead(200, { 'content-length': '100000' }).write('<SOAP', () => response.destroy())
      return
    case 'huge':
      endless(response, 'x'.repeat(65_536), 0)
      return
    case 'trickle':
      endless(response, 'x', 100)
      return
    case 'hang':
    case 'answer':
    case undefined:
  }
}

function endless(response: ServerResponse, chunk: string, pauseMs: number): void {
  if (response.destroyed) return
  response.write(chunk, () => void setTimeout(endless, pauseMs, response, chunk, pauseMs))
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/soap+xml; charset=utf-8' })
  response.end(body)
}

/** Joins the group on the loopback, so that multicast works on a machine without any network. */
async function listenForProbes(address: string, onProbe: (probe: string, answerTo: (message: string) => void) => void): Promise<Socket[]> {
  const sender = createSocket('udp4').bind(0, address) // answers come from the address of the device
  const listener = createSocket({ type: 'udp4', reuseAddr: true }).bind(DISCOVERY_PORT, DISCOVERY_GROUP)
  const direct = createSocket({ type: 'udp4', reuseAddr: true }).bind(DISCOVERY_PORT, address)
  await Promise.all([sender, listener, direct].map((socket) => once(socket, 'listening')))
  listener.addMembership(DISCOVERY_GROUP, '127.0.0.1')
  for (const socket of [listener, direct]) {
    socket.on('message', (message, from) => {
      const probe = message.toString('utf8')
      const isProbe = probe.includes('http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe<') && /MessageID>urn:uuid:/.test(probe)
      if (isProbe) onProbe(probe, (answer) => sender.send(answer, from.port, from.address))
    })
  }
  return [sender, listener, direct]
}

async function close(server: Server, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
