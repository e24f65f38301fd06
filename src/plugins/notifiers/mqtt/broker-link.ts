import type { Clock } from '../../../contracts/clock.ts'
import { messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { orAborted, startDeadline } from '../../../lib/deadline.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import type { Publication, Received, Session } from './session.ts'

export interface BrokerLinkOptions {
  readonly connect: (signal: AbortSignal) => Promise<Result<Session, PluginError>>
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>
  readonly log: Logger
  readonly publishTimeoutMs: number
  /** In [0, 1); spreads the reconnects of many clients after a broker's restart. */
  readonly random: () => number
  /** Said on every new connection before anything else, and at an orderly end. */
  readonly greetings: { readonly birth: Publication; readonly farewell: Publication } | null
  /** What is subscribed to on every new connection, before anything is said. */
  readonly listen: { readonly topics: readonly string[]; readonly onMessage: (message: Received) => void } | null
  /** A new connection is ready. Must not throw. */
  readonly onOnline: () => void
}

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000
/** A connection that lasted this long was a good one: the next attempts begin with short delays again. */
const GOOD_SESSION_MS = 30_000
const FAREWELL_MS = 2000

const STOPPED = pluginError('cancelled', 'the MQTT notifier is stopping')

/** Keeps a connection to the broker, for ever, and says whether there is one. */
export class BrokerLink implements AsyncDisposable {
  readonly #options: BrokerLinkOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #session: Session | null = null
  #lastError = pluginError('unavailable', 'not connected to the broker yet')
  /** Some brokers end the connection of whoever may not subscribe: alerts go out over the next one all the same. */
  #endedByListening = false
  #attempt: Promise<unknown> = Promise.resolve()

  constructor(options: BrokerLinkOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  get online(): boolean {
    return this.#session?.alive ?? false
  }

  /** Ok when connected. Waits for an attempt under way, not for the next one. */
  async status(signal: AbortSignal): Promise<Result<void, PluginError>> {
    try {
      await orAborted(this.#attempt, signal)
    } catch {
      return err(pluginError('cancelled', 'asking for the broker was cancelled'))
    }
    if (this.#stop.signal.aborted) return err(STOPPED)
    return this.online ? ok() : err(this.#lastError)
  }

  /** A broker that does not confirm in time is taken for gone: the connection is ended and made anew. */
  async publish(message: Publication, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const session = this.#session
    if (!session?.alive) return err(this.#lastError)
    using deadline = startDeadline(this.#options.publishTimeoutMs, signal)
    try {
      return await orAborted(session.publish(message), deadline.signal)
    } catch (cause) {
      if (signal.aborted) return err(pluginError('cancelled', 'publishing was cancelled'))
      session.kill()
      return err(pluginError('timeout', 'the broker did not confirm the message in time', cause))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options
    const signal = this.#stop.signal
    for (let failures = 0; !signal.aborted;) {
      const startedMs = clock.monotonicMs()
      await this.#connectAndStay(signal)
      failures = clock.monotonicMs() - startedMs > GOOD_SESSION_MS ? 1 : failures + 1
      await clock.sleep(retryDelayMs(failures + 1, FIRST_DELAY_MS, random(), { capMs: LONGEST_DELAY_MS }), signal)
    }
  }

  /** One attempt to connect and, if it succeeds, the whole life of that connection. */
  async #connectAndStay(signal: AbortSignal): Promise<void> {
    const attempt = this.#connectAndGreet(signal)
    this.#attempt = attempt
    const connected = await attempt
    if (!connected.ok) {
      this.#offline(connected.error)
      return
    }
    const session = connected.value
    this.#options.log.info({ event_type: 'mqtt_connected' }, 'connected to the broker')
    this.#options.onOnline()
    try {
      this.#offline(await orAborted(session.closed, signal))
    } catch {
      this.#session = null
      await this.#sayFarewell(session)
    }
  }

  async #connectAndGreet(signal: AbortSignal): Promise<Result<Session, PluginError>> {
    try {
      const connected = await this.#options.connect(signal)
      if (!connected.ok) return connected
      const { greetings, publishTimeoutMs } = this.#options
      await this.#listen(connected.value, signal)
      if (greetings !== null) {
        using deadline = startDeadline(publishTimeoutMs, signal)
        const greeted = await this.#withoutThrow(connected.value, greetings.birth, deadline.signal)
        // A broker that refuses only the state topic still takes alerts; one that does not answer takes nothing.
        if (!greeted.ok && greeted.error.kind === 'unavailable') {
          connected.value.kill()
          return greeted
        }
        if (!greeted.ok) this.#options.log.warn({ event_type: 'mqtt_birth_refused', reason: greeted.error.message }, 'state not published')
      }
      this.#session = connected.value
      return connected
    } catch (cause) {
      return err(pluginError('bug', `connecting failed unexpectedly: ${messageOf(cause)}`, cause))
    }
  }

  /** A broker that tells us nothing still takes alerts. */
  async #listen(session: Session, signal: AbortSignal): Promise<void> {
    const { listen, publishTimeoutMs, log } = this.#options
    if (listen === null) return
    if (this.#endedByListening) {
      this.#endedByListening = false
      log.warn({ event_type: 'mqtt_subscription_forbidden' }, 'the broker hangs up on a subscription; connected without hearing commands')
      return
    }
    using deadline = startDeadline(publishTimeoutMs, signal)
    try {
      const heard = await orAborted(session.subscribe(listen.topics, listen.onMessage), deadline.signal)
      if (!heard.ok) log.warn({ event_type: 'mqtt_subscription_refused', reason: heard.error.message }, 'commands cannot be heard')
    } catch {
      log.warn({ event_type: 'mqtt_subscription_unanswered' }, 'the broker does not answer a subscription')
    }
    this.#endedByListening = !session.alive && !signal.aborted
  }

  async #sayFarewell(session: Session): Promise<void> {
    const { greetings } = this.#options
    using deadline = startDeadline(FAREWELL_MS, new AbortController().signal)
    try {
      const parted = greetings === null ? ok() : await this.#withoutThrow(session, greetings.farewell, deadline.signal)
      if (!parted.ok) this.#options.log.warn({ event_type: 'mqtt_farewell_failed', reason: parted.error.message }, 'state not published')
      await orAborted(session.end(), deadline.signal)
    } catch {
      session.kill()
    }
  }

  async #withoutThrow(session: Session, message: Publication, signal: AbortSignal): Promise<Result<void, PluginError>> {
    try {
      return await orAborted(session.publish(message), signal)
    } catch (cause) {
      return err(pluginError('unavailable', 'the broker does not answer', cause))
    }
  }

  #offline(error: PluginError): void {
    const news = this.#session !== null || this.#lastError.message !== error.message
    this.#session = null
    this.#lastError = error
    if (!news || this.#stop.signal.aborted) return
    this.#options.log.warn({ event_type: 'mqtt_offline', kind: error.kind, reason: error.message }, 'no broker, trying again for ever')
  }
}
