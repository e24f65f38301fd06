import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { attempt } from '../../../contracts/result.ts'
import type { ClipSink, ClipSource, SourceHealth } from '../../../contracts/source.ts'
import { followAbort } from '../../../lib/follow-abort.ts'
import { CameraConnection, type ConnectionEnd, type ConnectionPlan } from './camera-connection.ts'
import { CameraCondition } from './camera-condition.ts'
import { ClipFinisher } from './clip-finisher.ts'
import type { RtspConfig } from './config.ts'
import { DetectChoice } from './detect-choice.ts'
import { FactsFile } from './facts-file.ts'
import { chooseDecoder, type Decoder } from './hwaccel.ts'
import { MotionScores } from './motion/motion-score.ts'
import { motionSettings } from './motion/motion-settings.ts'
import { MotionWatch } from './motion-watch.ts'
import { Orphan } from './orphan.ts'
import { Recorder } from './recorder.ts'
import { reconnectDelayMs } from './reconnect-policy.ts'
import { Ring } from './ring.ts'
import type { CameraUrls } from './camera-urls.ts'
import { soundFor } from './stream-facts.ts'
import { datingFor } from './timestamp-policy.ts'

type Host = Pick<PluginHost, 'clock' | 'log' | 'dirs' | 'instance'>

/** A connection that held so long was a good one: the next failure is the first again. */
const STABLE_MS = 20_000

/** Records one camera over RTSP whenever something moves. It never gives up by itself unless told to. */
export class RtspSource implements ClipSource {
  readonly #config: RtspConfig
  readonly #urls: CameraUrls
  readonly #host: Host
  readonly #stop = new AbortController()
  readonly #ring: Ring
  readonly #condition: CameraCondition
  readonly #facts: FactsFile
  readonly #detect: DetectChoice
  readonly #orphan: Orphan
  readonly #motionListeners = new Set<(moving: boolean) => void>()
  #running: Promise<void> | null = null
  #finisher: ClipFinisher | null = null
  #decoder: Decoder = 'none'
  #withoutSound = false
  #failures = 0
  #isFirstDial = true
  #jumpsAtMs: readonly number[] = []
  #lastPrefix = 0

  constructor(config: RtspConfig, urls: CameraUrls, host: Host) {
    this.#config = config
    this.#urls = urls
    this.#host = host
    setMaxListeners(0, this.#stop.signal)
    const { ring } = config
    // Two of us on one machine may have cameras of the same name.
    const home = createHash('sha256').update(host.dirs.data).digest('hex').slice(0, 8)
    const ringFolder = ring.dir === null ? join(host.dirs.state, 'ring') : join(ring.dir, `homesec-${home}`, host.instance)
    this.#ring = new Ring(ringFolder, { keepMs: ring.ring_s * 1000, maxBytes: ring.ring_max_bytes })
    this.#condition = new CameraCondition(config, urls, host)
    this.#facts = new FactsFile(host.dirs.state)
    this.#orphan = new Orphan(host.dirs.state)
    this.#detect = new DetectChoice(urls, config, host.log)
  }

  async start(sink: ClipSink, signal: AbortSignal): Promise<void> {
    if (this.#running !== null) return
    const following = followAbort(this.#stop, signal)
    this.#running = this.#run(sink).finally(() => following[Symbol.dispose]())
  }

  health(): SourceHealth {
    return this.#condition.health(this.#stop.signal.aborted)
  }

  onMotion(listener: (moving: boolean) => void): Disposable {
    this.#motionListeners.add(listener)
    return { [Symbol.dispose]: () => void this.#motionListeners.delete(listener) }
  }

  async explain(signal: AbortSignal): ReturnType<NonNullable<ClipSource['explain']>> {
    const { explainCamera } = await import('./explain-camera.ts')
    return explainCamera(this.#config, this.#urls, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#finisher?.[Symbol.asyncDispose]()
  }

  async #run(sink: ClipSink): Promise<void> {
    const { clock, log, dirs, instance } = this.#host
    const recordings = join(dirs.state, 'recordings')
    const finisher = new ClipFinisher({ cameraName: instance, recordings, clock, log }, sink, this.#stop.signal)
    this.#finisher = finisher
    if (await this.#orphan.end()) log.info({ event_type: 'orphan_ended' }, 'ended the ffmpeg that an earlier run left behind')
    await finisher.recover()
    await this.#facts.load()
    const { hwaccel } = this.#config.stream
    this.#decoder = await chooseDecoder(hwaccel, this.#stop.signal)
    if (hwaccel !== 'none' && hwaccel !== this.#decoder)
      log.info({ event_type: 'hardware_decoder', wanted: hwaccel, used: this.#decoder }, 'who decodes for motion')
    const { pre_roll_s, stop_delay_s, max_recording_s } = this.#config.recording
    const scores = new MotionScores(max_recording_s + stop_delay_s + pre_roll_s + this.#config.ring.ring_s)
    const policy = { preRollMs: pre_roll_s * 1000, stopDelayMs: stop_delay_s * 1000, maxRecordingMs: max_recording_s * 1000 }
    const finish = finisher.finish.bind(finisher)
    const onMotion = (moving: boolean) => {
      for (const listener of this.#motionListeners) listener(moving)
    }
    const recorder = new Recorder({ ring: this.#ring, recordings, scores, policy, clock, log, finish, onMotion })
    const watch = new MotionWatch({ settings: motionSettings(this.#config.motion), scores, clock, recorder })
    this.#condition.watch(watch, recorder)
    while (!this.#isStopped()) {
      const end = await this.#connect(recorder, watch)
      if (this.#isStopped()) return
      await this.#waitAfter(end)
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #connect(recorder: Recorder, watch: MotionWatch): Promise<ConnectionEnd> {
    const { clock, log, dirs } = this.#host
    const ran = await attempt(
      async () => {
        await mkdir(join(dirs.state, 'recordings'), { recursive: true, mode: 0o700 })
        const plan = await this.#plan()
        const connection = new CameraConnection(plan, this.#nextPrefix(), {
          config: this.#config,
          ring: this.#ring,
          recorder,
          watch,
          detect: this.#detect,
          clock,
          log,
          onStarted: (pid, prefix) => void this.#orphan.remember(pid, prefix),
          onFacts: (facts) => {
            void this.#facts.keep(facts)
            this.#condition.connected(facts, plan)
          },
          onPacket: () => this.#condition.packet(),
          onDiskHangs: () => this.#condition.diskHangs(),
        })
        return await connection.run(this.#stop.signal)
      },
      (cause): ConnectionEnd => ({
        trouble: 'disk',
        stderr: codeOf(cause) || messageOf(cause),
        firstPacketMs: null,
        timestampsJumped: false,
        decoderFailed: false,
      }),
    )
    return ran.ok ? ran.value : ran.error
  }

  async #plan(): Promise<ConnectionPlan> {
    const { stream } = this.#config
    const { clock } = this.#host
    const known = this.#facts.facts
    // Before the first dial it costs nothing to ask; later it is asked beside a connection that works.
    if (this.#isFirstDial) await this.#detect.probe(this.#stop.signal)
    this.#isFirstDial = false
    const sound = !stream.audio || this.#withoutSound ? 'none' : soundFor(known?.audio_codec ?? null)
    return {
      url: this.#urls.main,
      detectUrl: this.#detect.url,
      transport: stream.transport,
      // Silence is watched for here; ffmpeg only must not wait for ever. Before the first keyframe a camera may be silent for longer.
      ioTimeoutMs: Math.max(stream.connect_timeout_s, stream.io_timeout_s) * 1000,
      dating: datingFor(this.#jumpsAtMs, clock.monotonicMs()),
      nowMs: clock.now().getTime(),
      hwaccel: this.#decoder,
      codec: known?.video_codec ?? null,
      sound,
    }
  }

  /** Names in the ring never come twice, even if the wall clock is set back. */
  #nextPrefix(): string {
    this.#lastPrefix = Math.max(this.#lastPrefix + 1, this.#host.clock.now().getTime())
    return `${this.#lastPrefix}-`
  }

  async #waitAfter(end: ConnectionEnd): Promise<void> {
    const { clock } = this.#host
    const nowMs = clock.monotonicMs()
    if (end.timestampsJumped) this.#jumpsAtMs = [...this.#jumpsAtMs, nowMs].slice(-10)
    if (end.decoderFailed || (end.trouble === 'decoder' && this.#decoder !== 'none')) this.#decoder = 'none'
    if (end.trouble === 'output' && end.firstPacketMs === null) this.#withoutSound = true
    const held = end.firstPacketMs !== null && nowMs - end.firstPacketMs >= STABLE_MS
    this.#failures = held || end.trouble === 'restart' ? 0 : this.#failures + 1
    const { backoff_s, max_backoff_s, max_attempts } = this.#config.reconnect
    const policy = { backoffMs: backoff_s * 1000, maxBackoffMs: max_backoff_s * 1000, maxAttempts: max_attempts }
    const delayMs = reconnectDelayMs(end.trouble, this.#failures, policy, Math.random())
    this.#condition.lost(end, delayMs)
    await clock.sleep(delayMs ?? Infinity, this.#stop.signal)
  }
}
