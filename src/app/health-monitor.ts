import { setMaxListeners } from 'node:events'
import type { Clock } from '../contracts/clock.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { AppHealth, ComponentHealth } from '../contracts/health.ts'
import type { Result } from '../contracts/result.ts'
import type { ClipSource, SourceHealth } from '../contracts/source.ts'
import { deriveHealth } from '../core/health/app-health.ts'
import { callPlugin } from '../core/stages/call-plugin.ts'
import { every } from '../lib/every.ts'

export interface Pinged {
  readonly component: string
  readonly name: string
  readonly ping: (signal: AbortSignal) => Promise<Result<unknown, PluginError>>
  /** How long it may take to come up before it counts as down; 0 for what is there or not. */
  readonly startsWithinMs: number
  /** How long one answer may take. Default: ten seconds. */
  readonly timeoutMs?: number
}

export interface HealthDeps {
  readonly clock: Clock
  readonly cameras: () => readonly { readonly name: string; readonly health: SourceHealth }[]
  /** Asked in the background; a component that does not answer in time is down. */
  readonly pinged: readonly Pinged[]
  readonly redact: (text: string) => string
  /** Hears of every change of a component between working and down, after its first answer. */
  readonly onChange: (component: ComponentHealth) => void
}

const PING_EVERY_MS = 30_000
const PING_TIMEOUT_MS = 10_000

/** Keeps the last answer of every part, so that a health request costs nothing and waits for nobody. */
export class HealthMonitor implements AsyncDisposable {
  readonly #deps: HealthDeps
  readonly #last = new Map<string, ComponentHealth>()
  readonly #stop = new AbortController()
  readonly #startedMs: number
  readonly #timers: readonly AsyncDisposable[]
  readonly #first: Promise<unknown>

  constructor(deps: HealthDeps) {
    this.#deps = deps
    this.#startedMs = deps.clock.monotonicMs()
    setMaxListeners(0, this.#stop.signal)
    this.#first = Promise.all(deps.pinged.map((part) => this.#ping(part)))
    // Each on its own: a part that takes a minute must not keep the others from being asked.
    this.#timers = deps.pinged.map((part) =>
      every(
        PING_EVERY_MS,
        deps.clock,
        () => this.#ping(part),
        () => undefined,
      ),
    )
  }

  health(): AppHealth {
    const now = this.#deps.clock.now().toISOString()
    const cameras = this.#deps.cameras().map(({ name, health }): ComponentHealth => ({
      component: 'camera',
      name,
      status: health.state,
      detail: this.#deps.redact(health.detail),
      checked_at: health.last_heartbeat ?? now,
    }))
    const pinged = this.#deps.pinged.map(
      ({ component, name }): ComponentHealth =>
        this.#last.get(`${component} ${name}`) ?? { component, name, status: 'starting', detail: '', checked_at: now },
    )
    if (!this.#stop.signal.aborted) return deriveHealth([...cameras, ...pinged])
    const stopped: ComponentHealth = { component: 'pipeline', name: '', status: 'down', detail: 'stopped', checked_at: now }
    return deriveHealth([stopped, ...cameras, ...pinged.filter(({ component }) => component !== 'pipeline')])
  }

  /** Asks one part again now, e.g. when it is known to be back. */
  async refresh(component: string): Promise<void> {
    await Promise.all(this.#deps.pinged.filter((part) => part.component === component).map((part) => this.#ping(part)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#timers.map((timer) => timer[Symbol.asyncDispose]()))
    await this.#first
  }

  async #ping(part: Pinged): Promise<void> {
    const call = { plugin: part.name, timeoutMs: part.timeoutMs ?? PING_TIMEOUT_MS, signal: this.#stop.signal }
    const answer = await callPlugin(call, part.ping)
    if (this.#stop.signal.aborted) return
    const failure = answer.ok ? null : answer.error.message
    const { component, name } = part
    const detail = failure === null ? '' : this.#deps.redact(failure)
    const key = `${component} ${name}`
    const before = this.#last.get(key)
    const status = failure === null ? 'ok' : this.#stillStarting(part, before) ? 'starting' : 'down'
    const health: ComponentHealth = { component, name, status, detail, checked_at: this.#deps.clock.now().toISOString() }
    this.#last.set(key, health)
    if (before?.status !== status && (before?.status === 'down' || status === 'down')) this.#deps.onChange(health)
  }

  #stillStarting({ startsWithinMs }: Pinged, before: ComponentHealth | undefined): boolean {
    const neverWorked = before === undefined || before.status === 'starting'
    return neverWorked && this.#deps.clock.monotonicMs() - this.#startedMs < startsWithinMs
  }
}

/** A source that throws when asked is down; it must not take the health of all others with it. */
export function healthOf(source: Pick<ClipSource, 'health'>): SourceHealth {
  try {
    return source.health()
  } catch {
    return { state: 'down', detail: 'the source could not say how it is', last_heartbeat: null }
  }
}
