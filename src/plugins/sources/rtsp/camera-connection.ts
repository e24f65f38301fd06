import type { Clock } from '../../../contracts/clock.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { every } from '../../../lib/every.ts'
import type { RecordPlan } from './camera-arguments.ts'
import { CameraSession, type ClosedSegment } from './camera-session.ts'
import type { RtspConfig } from './config.ts'
import { DetectFeed } from './detect-feed.ts'
import type { MotionWatch } from './motion-watch.ts'
import type { PacketLine } from './packet-lines.ts'
import type { Recorder } from './recorder.ts'
import type { Ring } from './ring.ts'
import { RingFeed } from './ring-feed.ts'
import type { SilenceLimits } from './silence-watch.ts'
import { StreamClock } from './stream-clock.ts'
import type { StreamEnd } from './stream-child.ts'
import { soundFor, type StreamFacts } from './stream-facts.ts'
import { adviceFor } from './stream-trouble.ts'
import { timestampStep, TRUSTED } from './timestamp-policy.ts'

export interface ConnectionDeps {
  readonly config: RtspConfig
  readonly ring: Ring
  readonly recorder: Recorder
  readonly watch: MotionWatch
  readonly clock: Clock
  readonly log: Logger
  /** Hears what the camera sends, as soon as it is known. */
  readonly onFacts: (facts: StreamFacts) => void
  /** Hears of each packet. */
  readonly onPacket: () => void
}

export interface ConnectionEnd extends StreamEnd {
  /** Monotonic time of the first packet; null when none came. */
  readonly firstPacketMs: number | null
  readonly timestampsJumped: boolean
  /** Pictures came but the decoder made nothing of them. */
  readonly decoderFailed: boolean
}

export interface ConnectionPlan extends Omit<RecordPlan, 'prefix' | 'motionFps'> {
  readonly detectUrl: string | null
}

/** Each packet ticks as well: this is for when none comes. */
const TICK_MS = 1_000
/** A segment cannot be longer than it took to come, but for what the camera had in store. */
const SEGMENT_SLACK_MS = 5_000
/** Pictures that come but cannot be decoded for so long are the decoder's fault. */
const DECODES_WITHIN_MS = 12_000

/** One connection to a camera, from dialling to its end: what comes in goes to the recorder and to the watch for motion. */
export class CameraConnection {
  readonly #plan: ConnectionPlan
  readonly #deps: ConnectionDeps
  readonly #prefix: string
  readonly #streamClock = new StreamClock()
  #session: CameraSession | null = null
  #detect: DetectFeed | null = null
  #ringFeed: RingFeed | null = null
  #timestamps = TRUSTED
  #lastSegmentMs: number
  #lastToldMs: number | null = null
  #firstPacketMs: number | null = null
  #framesSeen = false
  #timestampsJumped = false
  #decoderFailed = false

  constructor(plan: ConnectionPlan, prefix: string, deps: ConnectionDeps) {
    this.#plan = plan
    this.#prefix = prefix
    this.#deps = deps
    this.#lastSegmentMs = deps.clock.monotonicMs()
  }

  /** Resolves when the connection has ended and what it recorded is on its way. Rejects when the ring's disk cannot be written. */
  async run(stop: AbortSignal): Promise<ConnectionEnd> {
    const { ring, recorder, watch, clock } = this.#deps
    await ring.begin()
    if (stop.aborted) return { trouble: 'restart', stderr: '', ...this.#facts() }
    recorder.begin({ prefix: this.#prefix, clock: this.#streamClock })
    watch.use(this.#plan.detectUrl === null ? 'main' : 'detect')
    watch.forget()
    const session = this.#open()
    this.#session = session
    const onStop = () => void session.close('restart')
    stop.addEventListener('abort', onStop, { once: true })
    const ticking = every(
      TICK_MS,
      clock,
      async () => this.#tick(),
      () => undefined,
    )
    const end = await session.ended
    stop.removeEventListener('abort', onStop)
    await ticking[Symbol.asyncDispose]()
    await Promise.all([this.#detect?.[Symbol.asyncDispose](), this.#ringFeed?.[Symbol.asyncDispose]()])
    await recorder.end()
    return { ...end, ...this.#facts() }
  }

  #facts(): Omit<ConnectionEnd, keyof StreamEnd> {
    return { firstPacketMs: this.#firstPacketMs, timestampsJumped: this.#timestampsJumped, decoderFailed: this.#decoderFailed }
  }

  #open(): CameraSession {
    const { config, ring, clock } = this.#deps
    const { detectUrl, ...input } = this.#plan
    return new CameraSession(
      { ...input, prefix: this.#prefix, motionFps: detectUrl === null ? config.motion.fps : null },
      ring.folder,
      this.#limits(),
      {
        clock,
        listener: {
          streams: (facts) => this.#meet(facts),
          packet: (packet, arrivedMs) => this.#packet(packet, arrivedMs),
          segment: (segment) => this.#segment(segment),
          frame: (pixels, ptsMs) => this.#frame(pixels, ptsMs),
        },
      },
    )
  }

  #limits(): SilenceLimits {
    const { connect_timeout_s, io_timeout_s } = this.#deps.config.stream
    return { connectMs: connect_timeout_s * 1000, silenceMs: io_timeout_s * 1000 }
  }

  /** Sound that the ring cannot hold would be lost: better to connect once more, with the right plan. */
  #meet(facts: StreamFacts): void {
    this.#deps.onFacts(facts)
    if (this.#plan.sound === 'copy' && soundFor(facts.audio_codec) !== 'copy') void this.#session?.close('restart')
  }

  /**
   * ffmpeg knows where a picture ends only when the next one begins: what it tells now came when it told of the one before.
   */
  #packet(packet: PacketLine, toldMs: number): void {
    const arrivedMs = this.#lastToldMs
    this.#lastToldMs = toldMs
    if (arrivedMs === null) return
    const offsetMs = this.#streamClock.offsetMs
    if (offsetMs !== null && this.#plan.dating === 'camera') {
      const step = timestampStep(this.#timestamps, arrivedMs - packet.ptsMs - offsetMs, arrivedMs)
      this.#timestamps = step.after
      if (step.verdict === 'jumped' && !this.#timestampsJumped) {
        this.#timestampsJumped = true
        this.#deps.log.warn({ event_type: 'camera_clock_jumped' }, "the camera's clock jumped; connecting again")
        void this.#session?.close('restart')
      }
      if (this.#timestampsJumped) return
    }
    this.#streamClock.observe(packet.ptsMs, arrivedMs)
    if (this.#firstPacketMs === null) {
      this.#firstPacketMs = arrivedMs
      this.#watchDetectStream()
    }
    this.#deps.recorder.packet(packet.ptsMs)
    this.#deps.recorder.tick()
    this.#deps.onPacket()
  }

  #segment(segment: ClosedSegment): void {
    const nowMs = this.#deps.clock.monotonicMs()
    const isPlausible = segment.endMs - segment.startMs <= nowMs - this.#lastSegmentMs + SEGMENT_SLACK_MS
    this.#lastSegmentMs = nowMs
    // The time of the very first picture can be a guess of ffmpeg's, and a wild one.
    if (!isPlausible) return
    this.#deps.recorder.segment(segment)
    this.#ringFeed?.push(this.#deps.ring.pathOf(segment.name), segment.startMs)
  }

  #frame(pixels: Uint8Array, ptsMs: number | null): void {
    this.#framesSeen = true
    const streamMs = ptsMs ?? this.#streamClock.toStreamMs(this.#deps.clock.monotonicMs())
    if (streamMs !== null) this.#deps.watch.frame('main', pixels, streamMs)
  }

  #tick(): void {
    const { recorder, clock, log } = this.#deps
    recorder.tick()
    if (this.#plan.detectUrl !== null || this.#framesSeen || this.#firstPacketMs === null || this.#decoderFailed) return
    if (clock.monotonicMs() - this.#firstPacketMs < DECODES_WITHIN_MS || this.#plan.hwaccel === 'none') return
    this.#decoderFailed = true
    log.warn({ event_type: 'hardware_decoder_failed', hwaccel: this.#plan.hwaccel }, adviceFor('decoder'))
    void this.#session?.close('decoder')
  }

  /** Only while the recorded stream comes: its session is the first that a camera should give. */
  #watchDetectStream(): void {
    const { detectUrl, ...input } = this.#plan
    if (detectUrl === null) return
    const { config, clock, watch } = this.#deps
    this.#detect = new DetectFeed({ ...input, url: detectUrl, fps: config.motion.fps }, this.#limits(), {
      clock,
      listener: {
        frame: (pixels, arrivedMs) => {
          const streamMs = this.#streamClock.toStreamMs(arrivedMs)
          if (streamMs !== null) watch.frame('detect', pixels, streamMs)
        },
        up: () => this.#detectIsBack(),
        down: (trouble, failures) => this.#detectIsDown(adviceFor(trouble), failures),
      },
    })
  }

  #detectIsBack(): void {
    const { watch, log } = this.#deps
    if (this.#ringFeed === null) return
    log.info({ event_type: 'detect_stream_back' }, 'motion is watched on the detect stream again')
    watch.use('detect')
    void this.#ringFeed[Symbol.asyncDispose]()
    this.#ringFeed = null
  }

  #detectIsDown(reason: string, failures: number): void {
    const { config, watch, log, clock } = this.#deps
    if (this.#ringFeed !== null || failures < config.reconnect.detect_fallback_attempts) return
    log.warn({ event_type: 'detect_stream_down', reason, failures }, 'motion is watched on the recorded stream meanwhile')
    watch.use('ring')
    this.#ringFeed = new RingFeed(config.motion.fps, clock, (pixels, streamMs) => watch.frame('ring', pixels, streamMs))
  }
}
