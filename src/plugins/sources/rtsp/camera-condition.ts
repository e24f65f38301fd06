import type { PluginHost } from '../../../contracts/plugin.ts'
import type { SourceHealth } from '../../../contracts/source.ts'
import type { ConnectionEnd, ConnectionPlan } from './camera-connection.ts'
import { shownUrl } from './camera-url.ts'
import type { CameraUrls } from './camera-urls.ts'
import type { RtspConfig } from './config.ts'
import type { MotionWatch } from './motion-watch.ts'
import type { Recorder } from './recorder.ts'
import type { StreamFacts } from './stream-facts.ts'
import { adviceFor, type StreamTrouble } from './stream-trouble.ts'

const PROVEN_AFTER_MS = 5_000
/** Pictures are recorded but none is looked at: nobody would be told of anything. */
const UNWATCHED_MS = 30_000

/** It is not the camera's fault, so its address is no help. */
const PLACELESS: readonly StreamTrouble[] = ['disk', 'disk_hangs', 'ffmpeg_missing']

/** How a camera is, from what came of it, and what the log says of that. */
export class CameraCondition {
  readonly #config: RtspConfig
  readonly #urls: CameraUrls
  readonly #host: Pick<PluginHost, 'clock' | 'log'>
  #watch: Pick<MotionWatch, 'lastFrameMs'> | null = null
  #recorder: Pick<Recorder, 'isUnsafe'> | null = null
  #problem: StreamTrouble | null = null
  #isGivenUp = false
  #isReported: StreamTrouble | null = null
  #lastPacketMs: number | null = null
  #packetsSinceMs: number | null = null

  constructor(config: RtspConfig, urls: CameraUrls, host: Pick<PluginHost, 'clock' | 'log'>) {
    this.#config = config
    this.#urls = urls
    this.#host = host
  }

  watch(watch: Pick<MotionWatch, 'lastFrameMs'>, recorder: Pick<Recorder, 'isUnsafe'>): void {
    this.#watch = watch
    this.#recorder = recorder
  }

  connected({ video_codec, width, height, audio_codec }: StreamFacts, plan: Pick<ConnectionPlan, 'detectUrl' | 'hwaccel'>): void {
    const fields = {
      codec: video_codec,
      width,
      height,
      audio: audio_codec,
      motion: plan.detectUrl === null ? 'main stream' : 'detect stream',
      hwaccel: plan.hwaccel,
    }
    this.#host.log.info({ event_type: 'camera_connected', ...fields }, 'the camera sends pictures')
  }

  packet(): void {
    const nowMs = this.#host.clock.monotonicMs()
    this.#lastPacketMs = nowMs
    this.#packetsSinceMs ??= nowMs
    // A camera that comes for a second and goes again does not work.
    if (this.#problem === null || nowMs - this.#packetsSinceMs < PROVEN_AFTER_MS) return
    this.#problem = null
    this.#isReported = null
  }

  /** Told at once, as the connection may not end for as long as the disk hangs. */
  diskHangs(): void {
    this.#problem = 'disk_hangs'
    this.#isReported = 'disk_hangs'
    this.#packetsSinceMs = null
    this.#host.log.warn({ event_type: 'disk_hangs', reason: adviceFor('disk_hangs') }, 'the disk takes no more video')
  }

  /** @param delayMs until the next try; null: there is none. */
  lost({ trouble, stderr }: ConnectionEnd, delayMs: number | null): void {
    this.#packetsSinceMs = null
    this.#isGivenUp = delayMs === null
    if (trouble === 'restart') return
    this.#problem = trouble
    const fields = {
      event_type: 'camera_lost',
      trouble,
      reason: this.#explain(trouble),
      retry_in_s: delayMs === null ? null : Math.round(delayMs / 100) / 10,
    }
    const { log } = this.#host
    // The same trouble again is no news.
    if (this.#isReported === trouble) log.debug({ ...fields, ffmpeg: lastLine(stderr) }, 'the camera is still away')
    else log.warn({ ...fields, ffmpeg: lastLine(stderr) }, 'no pictures from the camera')
    this.#isReported = trouble
    if (this.#isGivenUp)
      log.error({ event_type: 'camera_given_up', trouble }, 'the camera was given up after reconnect.max_attempts; restart HomeSec')
  }

  health(isStopped: boolean): SourceHealth {
    const { clock } = this.#host
    const nowMs = clock.monotonicMs()
    const last_heartbeat = this.#lastPacketMs === null ? null : new Date(clock.now().getTime() - (nowMs - this.#lastPacketMs)).toISOString()
    const down = (detail: string): SourceHealth => ({ state: 'down', detail, last_heartbeat })
    if (isStopped) return down('stopped')
    if (this.#problem !== null) return down(`${this.#explain(this.#problem)}${this.#isGivenUp ? '; given up, restart HomeSec' : ''}`)
    if (this.#lastPacketMs === null) return { state: 'starting', detail: '', last_heartbeat }
    if (nowMs - this.#lastPacketMs > this.#longestSilenceMs()) return down(this.#explain('stalled'))
    if (this.#recorder?.isUnsafe === true) return down(adviceFor('disk'))
    if (this.#isUnwatched(nowMs))
      return down('the camera is recorded, but its pictures cannot be decoded for motion; see stream.hwaccel and the log')
    return { state: 'ok', detail: '', last_heartbeat }
  }

  /** Longer than it takes to see a silence and to dial again. */
  #longestSilenceMs(): number {
    const { connect_timeout_s, io_timeout_s } = this.#config.stream
    return (connect_timeout_s + io_timeout_s + 5) * 1000
  }

  #isUnwatched(nowMs: number): boolean {
    if (this.#packetsSinceMs === null) return false
    return nowMs - Math.max(this.#packetsSinceMs, this.#watch?.lastFrameMs ?? -Infinity) > UNWATCHED_MS
  }

  #explain(trouble: StreamTrouble): string {
    const where = PLACELESS.includes(trouble) ? '' : ` (${shownUrl(this.#urls.main)}, from ${this.#config.rtsp_url_env})`
    return `${adviceFor(trouble)}${where}`
  }
}

/** The last thing ffmpeg said that is not its tally. */
function lastLine(text: string): string {
  const said = text.split('\n').filter((line) => !/^(?:video:|frame=|size=|\s|$)/.test(line))
  return said.at(-1)?.slice(0, 300) ?? ''
}
