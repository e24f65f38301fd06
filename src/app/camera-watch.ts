import type { CameraEvent, CameraTally } from '../contracts/camera-events.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipSource, SourceHealth } from '../contracts/source.ts'
import { cameraStep, NOT_YET_SEEN, type CameraCondition, type CameraStep } from '../core/health/camera-transition.ts'
import { durationWords } from '../lib/duration-words.ts'
import { every } from '../lib/every.ts'
import { healthOf } from './health-monitor.ts'

/** Asking costs nothing, and a camera that was away for a moment is seen to have been. */
const LOOK_EVERY_MS = 1_000

export interface WatchedCamera {
  readonly name: string
  readonly source: Pick<ClipSource, 'health'>
}

export interface CameraWatchDeps {
  readonly cameras: readonly WatchedCamera[]
  readonly clock: Clock
  readonly log: Logger
  readonly redact: (text: string) => string
}

interface Seen {
  condition: CameraCondition
  outages: number
}

/** Notices when a camera goes or comes. Log, live events and metrics all hear of it from here, so that they never disagree. */
export class CameraWatch {
  readonly #deps: CameraWatchDeps
  readonly #seen: ReadonlyMap<string, Seen>
  readonly #listeners = new Set<(event: CameraEvent) => void>()

  constructor(deps: CameraWatchDeps) {
    this.#deps = deps
    this.#seen = new Map(deps.cameras.map(({ name }) => [name, { condition: NOT_YET_SEEN, outages: 0 }]))
  }

  /** Watches until disposed. To be disposed before the sources: that they stop with the program is no outage. */
  start(): AsyncDisposable {
    const complain = (cause: unknown) => this.#deps.log.error({ event_type: 'camera_watch_failed', cause }, 'watching the cameras failed')
    return every(LOOK_EVERY_MS, this.#deps.clock, async () => this.#look(), complain)
  }

  subscribe(listener: (event: CameraEvent) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  tallies(): CameraTally[] {
    return [...this.#seen].map(([camera_name, { condition, outages }]) => ({ camera_name, up: condition.state === 'ok', outages }))
  }

  #look(): void {
    const { cameras, clock } = this.#deps
    for (const { name, source } of cameras) {
      const seen = this.#seen.get(name)
      const health = healthOf(source)
      if (seen === undefined) continue
      const step = cameraStep(seen.condition, health.state, clock.monotonicMs())
      seen.condition = step.after
      if (step.outage?.state === 'began') seen.outages += 1
      if (step.changed) this.#tell(name, health, step)
    }
  }

  #tell(camera_name: string, { state, detail }: SourceHealth, { outage }: CameraStep): void {
    const event: CameraEvent = { camera_name, state, detail: this.#deps.redact(detail), ts: this.#deps.clock.now().toISOString() }
    this.#write(event, outage)
    for (const listener of this.#listeners) listener(event)
  }

  /** A camera that tries in vain is worth one line, not one for each try. */
  #write({ camera_name, state, detail }: CameraEvent, outage: CameraStep['outage']): void {
    const { log } = this.#deps
    if (outage?.state === 'began') log.warn({ event_type: 'camera_down', camera_name, detail }, 'the camera is down')
    else if (outage?.state === 'ended')
      log.info({ event_type: 'camera_up', camera_name }, `the camera is back after ${durationWords(outage.forMs)}`)
    else if (state === 'ok') log.info({ event_type: 'camera_up', camera_name }, 'the camera works')
    else log.debug({ event_type: `camera_${state}`, camera_name, detail }, `the camera is ${state}`)
  }
}
