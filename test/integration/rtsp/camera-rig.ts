import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { ok } from '../../../src/contracts/result.ts'
import type { ClipSink, SourceHealth } from '../../../src/contracts/source.ts'
import { systemClock } from '../../../src/lib/system-clock.ts'
import { cameraUrls } from '../../../src/plugins/sources/rtsp/camera-urls.ts'
import { ClipFinisher } from '../../../src/plugins/sources/rtsp/clip-finisher.ts'
import { RtspConfigSchema } from '../../../src/plugins/sources/rtsp/config.ts'
import { RtspSource } from '../../../src/plugins/sources/rtsp/rtsp-source.ts'
import { memoryLogger, type LoggedLine } from '../../../src/testkit/memory-logger.ts'
import { testHost } from '../../../src/testkit/plugin-host.ts'
import { processesIn, type RunningProcess } from '../../../src/testkit/processes.ts'
import {
  startSimulatedCamera,
  type SimulatedCamera,
  type SimulatedCameraOptions,
} from '../../../src/testkit/simulated-camera/simulated-camera.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'

type ConfigInput = Partial<z.input<typeof RtspConfigSchema>>

export const STREAM = 'main'
export const DETECT = 'sub'

/** Quick to give up and to try again, so that an outage of a test is over in seconds; clips of a few seconds. */
const QUICK: ConfigInput = {
  derive_detect: false,
  stream: { connect_timeout_s: 8, io_timeout_s: 3 },
  recording: { pre_roll_s: 3, stop_delay_s: 2, max_recording_s: 5 },
  motion: { settle_s: 0.3 },
  reconnect: { backoff_s: 0.2, max_backoff_s: 1 },
}

/** A picture that comes so long after a pause is none of those that came at once behind it. */
const READ_BY_MS = 300

export interface RigOptions {
  readonly camera: SimulatedCameraOptions
  readonly config?: ConfigInput
  /** Address to use in place of the camera's own. */
  readonly address?: (camera: SimulatedCamera) => string
}

/** A simulated camera, the source that records it, and the clips that came of it. */
export class CameraRig implements AsyncDisposable {
  readonly camera: SimulatedCamera
  readonly log = memoryLogger()
  readonly clips: string[] = []
  readonly root = mkdtempSync(join(tmpdir(), 'homesec-rig-'))
  readonly state = join(this.root, 'state')
  readonly #host = testHost({ log: this.log, dirs: { data: this.root, state: this.state } })
  readonly #sink: ClipSink = { accept: async ({ path }) => ok({ state: 'accepted', clip_id: this.#keep(path) }) }
  #source: RtspSource

  private constructor(camera: SimulatedCamera, { config = {}, address = () => camera.url(STREAM) }: RigOptions) {
    this.camera = camera
    const parsed = RtspConfigSchema.parse({ ...QUICK, ...config, rtsp_url_env: 'CAMERA' })
    const secrets = { get: (name: string) => (name === 'CAMERA' ? address(camera) : camera.url(DETECT)) }
    this.#source = new RtspSource(parsed, cameraUrls(parsed, secrets), this.#host)
  }

  static async open(options: RigOptions): Promise<CameraRig> {
    return new CameraRig(await startSimulatedCamera(options.camera), options)
  }

  get ring(): string {
    return join(this.state, 'ring')
  }

  get health(): SourceHealth {
    return this.#source.health()
  }

  start(): Promise<void> {
    return this.#source.start(this.#sink, new AbortController().signal)
  }

  logged(eventType: string): LoggedLine[] {
    return this.log.lines.filter(({ fields }) => fields['event_type'] === eventType)
  }

  /** What was logged, for whoever has to find out why a test failed. */
  story(): string {
    return this.log.lines.map(({ level, fields, message }) => `${level} ${message} ${JSON.stringify(fields)}`).join('\n')
  }

  /** Places in the film of all pictures that the camera sent. */
  sent(): number[] {
    return this.camera.sentFrames(STREAM).map(({ index }) => index)
  }

  /** Resolves when something is being recorded and was for a while, and what a pause of the machine has piled up is read. */
  async recording(forMs = 2_000): Promise<void> {
    await waitFor('a recording', () => this.logged('recording_started').length > 0)
    await systemClock.sleep(forMs, new AbortController().signal)
    await this.seen(Date.now() + READ_BY_MS)
  }

  /** Resolves with the time (wall clock) of the first picture seen after `sinceMs`. */
  seen(sinceMs: number): Promise<number> {
    return waitFor('pictures', () => {
      const atMs = Date.parse(this.health.last_heartbeat ?? '')
      return atMs >= sinceMs ? atMs : null
    })
  }

  /** The same, as soon as health is good as well. */
  async heard(sinceMs: number): Promise<number> {
    const seenAtMs = await this.seen(sinceMs)
    await waitFor('good health', () => this.health.state === 'ok')
    return seenAtMs
  }

  /** The child that records. */
  recorder(): RunningProcess | undefined {
    return processesIn(this.ring)[0]
  }

  get recordings(): string {
    return join(this.state, 'recordings')
  }

  stop(): Promise<void> {
    return this.#source[Symbol.asyncDispose]()
  }

  /** Stops the source and makes a clip of all that it recorded, as the next start would. */
  async drain(makeWithinMs = 60_000): Promise<void> {
    await this.stop()
    const deps = { cameraName: 'front_door', recordings: this.recordings, clock: systemClock, log: this.log, makeWithinMs }
    await using finisher = new ClipFinisher(deps, this.#sink, new AbortController().signal)
    await finisher.recover()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
    await this.camera[Symbol.asyncDispose]()
    rmSync(this.root, { recursive: true, force: true })
  }

  #keep(path: string): string {
    const kept = join(this.root, `clip-${this.clips.length}.mp4`)
    copyFileSync(path, kept)
    this.clips.push(kept)
    return `front_door_${this.clips.length}.mp4`
  }
}
