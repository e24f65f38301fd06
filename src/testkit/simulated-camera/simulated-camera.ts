import { isIPv6, type Socket } from 'node:net'
import { CameraStream, type SentFrame } from './camera-stream.ts'
import { Clients } from './clients.ts'
import type { Credentials } from './digest.ts'
import { Faults } from './faults.ts'
import { Listener } from './listener.ts'
import { loadMedia } from './load-media.ts'
import type { Media } from './media.ts'
import { RtspConnection } from './rtsp-connection.ts'
import { RtspGuard } from './rtsp-guard.ts'
import { SessionCount, type SessionCounts } from './session-count.ts'
import { wallMs } from './wall-clock.ts'

export type { SentFrame } from './camera-stream.ts'

export interface CameraStreamOptions {
  /** Any video file that ffmpeg can read. H.264 and H.265 are sent as they are, others are encoded once. */
  readonly video: string
  /** Default true: the scene begins again without a gap. False: the stream says goodbye (RTCP BYE) at its end. */
  readonly loop?: boolean
  /** Default false. True: no two showings of the film have the same bytes, though the same pictures, see stamp.ts. */
  readonly stamped?: boolean
}

export interface SimulatedCameraOptions {
  /** By path, which may have a query: `stream1`, `cam/realmonitor?channel=1&subtype=0`. */
  readonly streams: Readonly<Record<string, CameraStreamOptions>>
  /** Digest authentication. Default null: open to all. */
  readonly credentials?: Credentials | null
  /** One more is refused with 453. Default: no limit. */
  readonly maxSessions?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free one. */
  readonly port?: number
  /**
   * Default `now`: a live camera, whose scene goes on whether or not anybody watches. `first_session`: the scene stands at frame 0
   * until the first client plays.
   */
  readonly startAt?: 'first_session' | 'now'
}

/** A camera of our own over real RTSP (TCP and UDP), which misbehaves when told to. */
export interface SimulatedCamera extends AsyncDisposable {
  readonly port: number
  /** With the credentials of the moment inside. */
  url(stream: string): string
  /** Of all streams together; the object stays up to date. */
  readonly sessions: SessionCounts
  sessionsOf(stream: string): SessionCounts
  /** The connections stay open and requests are answered, but no media comes until `resume`. The scene goes on meanwhile. */
  stall(): void
  resume(): void
  /** Resets all connections. New ones are taken. */
  drop(): void
  /** True: nothing listens any more (connection refused); what is connected stays, see `drop`. False: back on the same port. */
  refuseConnections(on: boolean): Promise<void>
  /** For requests from now on; who plays already goes on. */
  changePassword(password: string): void
  /** RTP timestamps go on from another value, later or (negative) earlier. */
  jumpTimestamps(seconds: number): void
  /** Cuts over to the beginning of another file of the same codec, with its parameter sets before the first keyframe. */
  switchVideo(stream: string, video: string): Promise<void>
  /** Loses some packets and damages some. */
  corrupt(on: boolean): void
  /** Delays the answer to DESCRIBE, and the first frame of a session. */
  setSlowStart(describeMs: number, firstMediaMs?: number): void
  /** What really went out to at least one client, the last 20 000 frames at least. */
  sentFrames(stream: string): readonly SentFrame[]
}

/** @throws with a sentence for people when a video cannot be read, ffmpeg is missing or the port is taken. */
export async function startSimulatedCamera(options: SimulatedCameraOptions): Promise<SimulatedCamera> {
  const shared: SharedParts = { epochMs: wallMs(), faults: new Faults(), count: new SessionCount(null) }
  const camera = new Camera(options, await openStreams(options.streams, shared), shared)
  await camera.open()
  return camera
}

interface SharedParts {
  readonly epochMs: number
  readonly faults: Faults
  readonly count: SessionCount
}

async function openStreams(wanted: SimulatedCameraOptions['streams'], shared: SharedParts): Promise<ReadonlyMap<string, CameraStream>> {
  const { epochMs, faults, count } = shared
  const opened = Object.entries(wanted).map(async ([name, { video, loop = true, stamped = false }]): Promise<[string, CameraStream]> => [
    name,
    new CameraStream(await readVideo(video), { loop, stamped, faults, epochMs, cameraCount: count }),
  ])
  return new Map(await Promise.all(opened))
}

async function readVideo(path: string): Promise<Media> {
  const media = await loadMedia(path, new AbortController().signal)
  if (!media.ok) throw new Error(`${path}: ${media.error.message}`)
  return media.value
}

class Camera implements SimulatedCamera {
  readonly #options: SimulatedCameraOptions
  readonly #host: string
  readonly #streams: ReadonlyMap<string, CameraStream>
  readonly #faults: Faults
  readonly #listener: Listener
  readonly #connections = new Set<RtspConnection>()
  readonly #clients: Clients
  readonly sessions: SessionCounts
  #credentials: Credentials | null

  constructor(options: SimulatedCameraOptions, streams: ReadonlyMap<string, CameraStream>, { faults, count }: SharedParts) {
    const { host = '127.0.0.1', port = 0, credentials = null, maxSessions = Infinity } = options
    this.#options = options
    this.#host = host
    this.#streams = streams
    this.#faults = faults
    this.#credentials = credentials
    this.#clients = new Clients(host, maxSessions)
    this.#listener = new Listener({ host, port }, (socket) => this.#connect(socket))
    this.sessions = count
  }

  async open(): Promise<void> {
    await this.#listener.open()
    if (this.#options.startAt !== 'first_session') this.#begin(wallMs())
  }

  get port(): number {
    return this.#listener.port
  }

  url(stream: string): string {
    const who = this.#credentials
    const login = who === null ? '' : `${encodeURIComponent(who.username)}:${encodeURIComponent(who.password)}@`
    return `rtsp://${login}${isIPv6(this.#host) ? `[${this.#host}]` : this.#host}:${this.port}/${stream}`
  }

  sessionsOf(stream: string): SessionCounts {
    return this.#stream(stream).count
  }

  sentFrames(stream: string): readonly SentFrame[] {
    return this.#stream(stream).sentFrames
  }

  stall(): void {
    this.#faults.stalled = true
    for (const stream of this.#streams.values()) stream.halt()
  }

  resume(): void {
    if (!this.#faults.stalled) return
    this.#faults.stalled = false
    for (const stream of this.#streams.values()) stream.restart()
  }

  drop(): void {
    for (const connection of this.#connections) connection.drop()
  }

  async refuseConnections(on: boolean): Promise<void> {
    if (on) this.#listener.close()
    else await this.#listener.open()
  }

  changePassword(password: string): void {
    if (this.#credentials !== null) this.#credentials = { ...this.#credentials, password }
  }

  jumpTimestamps(seconds: number): void {
    this.#faults.timestampShiftMs += seconds * 1000
  }

  async switchVideo(stream: string, video: string): Promise<void> {
    const shown = this.#stream(stream)
    const media = await readVideo(video)
    if (media.codec !== shown.media.codec)
      throw new Error(`${video} is ${media.codec}, but the stream was announced as ${shown.media.codec}`)
    shown.switchTo(media)
  }

  corrupt(on: boolean): void {
    this.#faults.corrupting = on
  }

  setSlowStart(describeMs: number, firstMediaMs = 0): void {
    this.#faults.describeDelayMs = describeMs
    this.#faults.firstMediaDelayMs = firstMediaMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close()
    this.drop()
    await this.#clients[Symbol.asyncDispose]()
  }

  #stream(name: string): CameraStream {
    const stream = this.#streams.get(name)
    if (stream === undefined) throw new Error(`the camera has no stream ${name}`)
    return stream
  }

  #begin(atMs: number): void {
    for (const stream of this.#streams.values()) stream.begin(atMs)
  }

  #connect(socket: Socket): void {
    const side = { streams: this.#streams, faults: this.#faults, clients: this.#clients, begin: (atMs: number) => this.#begin(atMs) }
    const connection = new RtspConnection(socket, side, new RtspGuard(() => this.#credentials))
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
  }
}
