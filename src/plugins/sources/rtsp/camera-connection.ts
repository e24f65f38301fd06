import type { Clock } from '../../../contracts/clock.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { every } from '../../../lib/every.ts'
import type { RecordPlan } from './camera-arguments.ts'
import { CameraSession, type ClosedSegment } from './camera-session.ts'
import type { RtspConfig } from './config.ts'
import type { DetectChoice } from './detect-choice.ts'
import { MotionFeeds } from './motion-feeds.ts'
import type { MotionWatch } from './motion-watch.ts'
import type { PacketLine } from './packet-lines.ts'
import type { Recorder } from './recorder.ts'
import type { Ring } from './ring.ts'
import type { SilenceLimits } from './silence-watch.ts'
import { StreamClock } from './stream-clock.ts'
import type { StreamEnd } from './stream-child.ts'
import { soundFor, type StreamFacts } from './stream-facts.ts'
import { adviceFor, type StreamTrouble } from './stream-trouble.ts'
import { timestampStep, TRUSTED } from './timestamp-policy.ts'

export interface ConnectionDeps {
  readonly config: RtspConfig
  readonly ring: Ring
  readonly recorder: Recorder
  readonly watch: MotionWatch
  readonly detect: DetectChoice
  readonly clock: Clock
  readonly log: Logger
  /** Hears which process records, and under which names. */
  readonly onStarted: (pid: number, prefix: string) => void
  /** Hears what the camera sends, as soon as it is known. */
  readonly onFacts: (facts: StreamFacts) => void
  /** Hears of each packet. */
  readonly onPacket: () => void
  readonly onDiskHangs: () => void
}

export interface ConnectionEnd extends StreamEnd {
  /** Monotonic time of the first packet; null when none came. */
  readonly firstPacketMs: number | null
  readonly timestampsJumped: boolean
  /** Pictures came but the decoder made nothing of them. */
  readonly decoderFailed: boolean
}

export interface ConnectionPlan extends Omit<RecordPlan, 'prefix' | 'motionFps'> {
  /** Null: the recorded stream is decoded for motion. */
  readonly detectUrl: string | null
}

/** Each packet ticks as well: this is for when none comes. */
const TICK_MS = 1_000
/** The first segment cannot be longer than it took to come, but for what the camera had in store. */
const SEGMENT_SLACK_MS = 5_000
/** A camera without a keyframe for so long is not being recorded, whatever else comes. */
const SEGMENT_WITHIN_MS = 90_000
/** Pictures that come but cannot be decoded for so long are the decoder's fault. */
const DECODES_WITHIN_MS = 12_000

/** One connection to a camera, from dialling to its end: what comes in goes to the recorder and to the watch for motion. */
export class CameraConnection {
  readonly #plan: ConnectionPlan
  readonly #deps: ConnectionDeps
  readonly #prefix: string
  readonly #streamClock = new StreamClock()
  #session: CameraSession | null = null
  #feeds: MotionFeeds | null = null
  readonly #over = new AbortController()
  #timestamps = TRUSTED
  readonly #startedMs: number
  #lastSegmentMs: number | null = null
  #firstPacketMs: number | null = null
  #framesSeen = false
  #timestampsJumped = false
  #decoderFailed = false
  #isHungUp = false

  constructor(plan: ConnectionPlan, prefix: string, deps: ConnectionDeps) {
    this.#plan = plan
    this.#prefix = prefix
    this.#deps = deps
    this.#startedMs = deps.clock.monotonicMs()
  }

  /** Resolves when the connection has ended and what it recorded is on its way. Rejects when the ring's disk cannot be written. */
  async run(stop: AbortSignal): Promise<ConnectionEnd> {
    const { ring, recorder, watch, clock } = this.#deps
    await ring.begin()
    if (stop.aborted) return { trouble: 'restart', stderr: '', ...this.#facts() }
    recorder.begin({ prefix: this.#prefix, clock: this.#streamClock, ringIsGone: () => this.#hangUp('disk') })
    watch.use(this.#plan.detectUrl === null ? 'main' : null)
    watch.forget()
    const session = this.#open()
    this.#session = session
    if (session.pid !== null) this.#deps.onStarted(session.pid, this.#prefix)
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
    this.#over.abort()
    await ticking[Symbol.asyncDispose]()
    await this.#feeds?.[Symbol.asyncDispose]()
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
          diskHangs: this.#deps.onDiskHangs,
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

  #packet(packet: PacketLine, arrivedMs: number): void {
    if (this.#hasJumped(packet, arrivedMs)) return
    this.#streamClock.observe(packet.ptsMs, arrivedMs)
    if (this.#firstPacketMs === null) {
      this.#firstPacketMs = arrivedMs
      this.#lastSegmentMs = arrivedMs
      this.#watchDetectStream()
    }
    this.#deps.recorder.packet(packet.ptsMs)
    this.#deps.recorder.tick()
    this.#deps.onPacket()
  }

  #hasJumped(packet: PacketLine, arrivedMs: number): boolean {
    const offsetMs = this.#streamClock.offsetMs
    if (this.#timestampsJumped || offsetMs === null) return this.#timestampsJumped
    const step = timestampStep(this.#timestamps, arrivedMs - packet.ptsMs - offsetMs, arrivedMs)
    this.#timestamps = step.after
    if (step.verdict === 'fine') return false
    this.#timestampsJumped = true
    this.#deps.log.warn({ event_type: 'camera_clock_jumped', dating: this.#plan.dating }, 'a clock jumped; connecting again')
    void this.#session?.close('restart')
    return true
  }

  #segment(segment: ClosedSegment): void {
    const sinceMs = this.#deps.clock.monotonicMs() - this.#startedMs
    this.#lastSegmentMs = this.#deps.clock.monotonicMs()
    // The time of the very first picture can be a guess of ffmpeg's, and a wild one.
    const isFirst = segment.name === `${this.#prefix}000000.ts`
    if (isFirst && segment.endMs - segment.startMs > sinceMs + SEGMENT_SLACK_MS) return
    this.#deps.recorder.segment(segment)
    this.#feeds?.segment(segment)
  }

  #frame(pixels: Uint8Array, ptsMs: number | null): void {
    this.#framesSeen = true
    const streamMs = ptsMs ?? this.#streamClock.toStreamMs(this.#deps.clock.monotonicMs())
    if (streamMs !== null) this.#deps.watch.frame('main', pixels, streamMs)
  }

  #tick(): void {
    const { recorder, clock, detect } = this.#deps
    recorder.tick()
    this.#feeds?.tick()
    const nowMs = clock.monotonicMs()
    if (this.#lastSegmentMs !== null && nowMs - this.#lastSegmentMs > SEGMENT_WITHIN_MS) this.#hangUp('no_keyframes')
    if (this.#decodesNothing(nowMs)) {
      this.#decoderFailed = true
      this.#deps.log.warn({ event_type: 'hardware_decoder_failed', hwaccel: this.#plan.hwaccel }, adviceFor('decoder'))
      this.#hangUp('decoder')
    }
    // A smaller stream was found beside this connection: the next one goes without decoding.
    if (this.#plan.detectUrl === null && detect.url !== null && !recorder.isRecording) this.#hangUp('restart')
  }

  #decodesNothing(nowMs: number): boolean {
    if (this.#plan.detectUrl !== null || this.#plan.hwaccel === 'none' || this.#framesSeen || this.#decoderFailed) return false
    return this.#firstPacketMs !== null && nowMs - this.#firstPacketMs > DECODES_WITHIN_MS
  }

  #hangUp(why: StreamTrouble): void {
    if (this.#isHungUp) return
    this.#isHungUp = true
    void this.#session?.close(why)
  }

  /** Only while the recorded stream comes: its session is the first that a camera should give. */
  #watchDetectStream(): void {
    const { detectUrl, ...input } = this.#plan
    const { config, clock, watch, log, recorder, ring, detect } = this.#deps
    if (detectUrl === null) {
      void detect.probe(this.#over.signal)
      return
    }
    // It may have another codec than the recorded one.
    const plan = { ...input, codec: null, url: detectUrl, fps: config.motion.fps }
    this.#feeds = new MotionFeeds(plan, {
      ...{ watch, recorder, ring, clock, log },
      streamClock: this.#streamClock,
      limits: this.#limits(),
      fallbackAttempts: config.reconnect.detect_fallback_attempts,
    })
  }
}
