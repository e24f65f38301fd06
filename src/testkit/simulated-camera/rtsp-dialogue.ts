import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { SESSION_TIMEOUT_S, type CameraStream } from './camera-stream.ts'
import type { Clients } from './clients.ts'
import type { Faults } from './faults.ts'
import type { Media, TrackKind } from './media.ts'
import type { MediaSession, TrackSink } from './media-session.ts'
import { RtpSender, type RtpFormat } from './rtp-sender.ts'
import type { RtspRequest } from './rtsp-reader.ts'
import type { RtspResponse } from './rtsp-response.ts'
import { audioFormat, describe, videoFormat } from './sdp.ts'
import { parseTrackAddress, trackControl } from './track-address.ts'
import { tcpSink, udpSink } from './track-sinks.ts'
import { parseTransport, type WantedTransport } from './transport.ts'
import { wallMs } from './wall-clock.ts'

/** What a connection needs of its camera. */
export interface CameraSide {
  readonly streams: ReadonlyMap<string, CameraStream>
  readonly faults: Faults
  readonly clients: Clients
  /** The scene begins, if it waited for somebody to watch. */
  readonly begin: (atMs: number) => void
}

interface OwnSession {
  readonly session: MediaSession
  readonly stream: CameraStream
}

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN'
const NOT_FOUND: RtspResponse = { status: 404 }
const NO_SESSION: RtspResponse = { status: 454 }

/** The answers to one client, and what it has set up. */
export class RtspDialogue {
  readonly #socket: Socket
  readonly #camera: CameraSide
  readonly #sessions = new Map<string, OwnSession>()

  constructor(socket: Socket, camera: CameraSide) {
    this.#socket = socket
    this.#camera = camera
  }

  /** The client is alive. */
  heard(): void {
    for (const { session } of this.#sessions.values()) session.heard()
  }

  end(): void {
    for (const own of this.#sessions.values()) this.#close(own)
  }

  async answer(request: RtspRequest, signal: AbortSignal): Promise<RtspResponse> {
    if (request.headers.has('require')) return { status: 551, headers: { Unsupported: request.headers.get('require') ?? '' } }
    switch (request.method) {
      case 'OPTIONS':
        return { status: 200, headers: { Public: METHODS } }
      case 'DESCRIBE':
        return this.#describe(request, signal)
      case 'SETUP':
        return this.#setup(request)
      case 'PLAY':
        return this.#play(request)
      case 'PAUSE':
        return this.#withSession(request, ({ session, stream }) => stream.leave(session))
      case 'TEARDOWN':
        return this.#withSession(request, (own) => this.#close(own))
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return request.headers.has('session') ? this.#withSession(request, () => undefined) : { status: 200 }
      default:
        return { status: 405, headers: { Allow: METHODS } }
    }
  }

  async #describe(request: RtspRequest, signal: AbortSignal): Promise<RtspResponse> {
    const { describeDelayMs } = this.#camera.faults
    if (describeDelayMs > 0) await delay(describeDelayMs, undefined, { signal })
    const stream = this.#camera.streams.get(parseTrackAddress(request.uri)?.stream ?? '')
    if (stream === undefined) return NOT_FOUND
    const body = describe(stream.media, this.#socket.localAddress ?? '0.0.0.0')
    return { status: 200, headers: { 'Content-Type': 'application/sdp', 'Content-Base': `${baseOf(request.uri)}/` }, body }
  }

  async #setup(request: RtspRequest): Promise<RtspResponse> {
    const named = this.#trackNamed(request)
    if (named === null) return NOT_FOUND
    const wanted = parseTransport(request.headers.get('transport') ?? '')
    if (wanted === null) return { status: 461 }
    const own = this.#sessionFor(request, named.stream)
    if ('status' in own) return own
    if (own.session.playing) return { status: 455 }

    const channel = wanted.kind === 'tcp' ? (wanted.channel ?? this.#freeChannel()) : 0
    const sink = await this.#sinkFor(wanted, channel, own.session)
    const sender = new RtpSender(named.format, channel)
    own.session.tracks.set(named.track, { sender, sink })
    const transport = `${sink.transport};ssrc=${sender.ssrc.toString(16).padStart(8, '0').toUpperCase()}`
    return { status: 200, headers: { Transport: transport, Session: `${own.session.id};timeout=${SESSION_TIMEOUT_S}` } }
  }

  /** A client that sets up the whole presentation means its picture. */
  #trackNamed(request: RtspRequest): { readonly stream: CameraStream; readonly track: TrackKind; readonly format: RtpFormat } | null {
    const address = parseTrackAddress(request.uri)
    const stream = this.#camera.streams.get(address?.stream ?? '')
    if (stream === undefined) return null
    const track = address?.track ?? 'video'
    const format = formatOf(stream.media, track)
    return format === null ? null : { stream, track, format }
  }

  /** The session that the request names, or a new one; or why there is none. */
  #sessionFor(request: RtspRequest, stream: CameraStream): OwnSession | RtspResponse {
    if (request.headers.has('session')) {
      const own = this.#named(request)
      if (own === undefined) return NO_SESSION
      return own.stream === stream ? own : { status: 459 }
    }
    const session = this.#camera.clients.admit()
    if (session === null) return { status: 453 }
    const own = { session, stream }
    this.#sessions.set(session.id, own)
    return own
  }

  async #sinkFor(wanted: WantedTransport, channel: number, session: MediaSession): Promise<TrackSink> {
    if (wanted.kind === 'tcp') return tcpSink(this.#socket, channel)
    const ports = await this.#camera.clients.udpPorts(session, wanted.rtcpPort)
    return udpSink(ports, { ...wanted, host: this.#socket.remoteAddress ?? '' })
  }

  /** A pair for each track of this connection. */
  #freeChannel(): number {
    return 2 * [...this.#sessions.values()].reduce((tracks, { session }) => tracks + session.tracks.size, 0)
  }

  #play(request: RtspRequest): RtspResponse {
    const own = this.#named(request)
    if (own === undefined) return NO_SESSION
    const { session, stream } = own
    const startMs = wallMs() + this.#camera.faults.firstMediaDelayMs
    if (!session.playing) {
      this.#camera.begin(startMs)
      session.notBeforeMs = startMs
      stream.play(session, startMs, () => this.#close(own))
    }
    const info = rtpInfo(baseOf(request.uri), session, stream.firstMediaMs(startMs))
    return { status: 200, headers: { Session: session.id, Range: 'npt=now-', ...(info === '' ? {} : { 'RTP-Info': info }) } }
  }

  #withSession(request: RtspRequest, act: (own: OwnSession) => void): RtspResponse {
    const own = this.#named(request)
    if (own === undefined) return NO_SESSION
    act(own)
    return { status: 200, headers: { Session: own.session.id } }
  }

  #named(request: RtspRequest): OwnSession | undefined {
    const [id = ''] = (request.headers.get('session') ?? '').split(';')
    return this.#sessions.get(id.trim())
  }

  #close({ session, stream }: OwnSession): void {
    stream.leave(session)
    this.#sessions.delete(session.id)
    this.#camera.clients.leave(session)
  }
}

function formatOf(media: Media, track: TrackKind): RtpFormat | null {
  if (track === 'video') return videoFormat(media)
  return media.audio === null ? null : audioFormat(media.audio)
}

function baseOf(uri: string): string {
  return uri.replace(/\/$/, '')
}

/** Where each track's sequence numbers and timestamps begin. */
function rtpInfo(base: string, session: MediaSession, firstMediaMs: number | null): string {
  if (firstMediaMs === null) return ''
  const entry = (track: TrackKind, sender: RtpSender) =>
    `url=${base}/${trackControl(track)};seq=${sender.nextSequence};rtptime=${sender.timestampAt(firstMediaMs)}`
  return [...session.tracks].map(([track, { sender }]) => entry(track, sender)).join(',')
}
