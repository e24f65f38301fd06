import { join } from 'node:path'
import type { Alert, AlertMedia, SystemAlert } from '../../../contracts/alert.ts'
import { isRetryable, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { BrokerLink } from './broker-link.ts'
import { clientOptions, readCredentials, stableClientId, stateMessage } from './client-options.ts'
import { portOf, type MqttConfig } from './config.ts'
import type { Message } from './message.ts'
import { HomeAssistant } from './home-assistant/home-assistant.ts'
import { subscriptions } from './home-assistant/topics.ts'
import { Outbox } from './outbox.ts'
import { openSession, type Publication } from './session.ts'
import { fillTopic } from './topic.ts'

const CANCELLED = err(pluginError('cancelled', 'publishing was cancelled'))
/** How long the outbox waits when a connected broker does not take its oldest message. */
const OUTBOX_RETRY_MS = 5000

/** Something to be delivered. Messages with the same key say the same. */
interface Letter {
  readonly topic: string
  readonly key: string
  readonly payload: string
  readonly retain?: boolean
}

/**
 * Publishes alerts. `send` returns ok when the broker has confirmed the message or when it is on disk, whichever comes first:
 * after a SIGKILL it is delivered by the next process. Connects in the background from the moment it is built.
 */
export class MqttNotifier implements Notifier {
  /** Only Home Assistant has a place for them. */
  readonly showsPictures: boolean
  readonly #config: MqttConfig
  readonly #host: Pick<PluginHost, 'clock' | 'log'>
  readonly #outbox: Outbox
  readonly #link: BrokerLink
  readonly #homeAssistant: HomeAssistant | null
  readonly #stop = new AbortController()
  #emptying = false
  #emptied: Promise<void> = Promise.resolve()

  constructor(config: MqttConfig, host: Pick<PluginHost, 'clock' | 'log' | 'secrets' | 'dirs' | 'home' | 'purpose'>) {
    this.#config = config
    this.#host = host
    this.#outbox = new Outbox(join(host.dirs.state, 'outbox'), config.outbox.max_messages, host.log)
    const credentials = readCredentials(config.auth, host)
    const homeAssistant = this.#openHomeAssistant(host)
    this.#homeAssistant = homeAssistant
    this.showsPictures = homeAssistant !== null
    const clientId = config.client_id ?? stableClientId(host.dirs.state)
    this.#link = new BrokerLink({
      connect: async (signal) => {
        const options = await clientOptions(config, credentials, clientId)
        return options.ok ? openSession(options.value, `${config.host}:${portOf(config)}`, signal) : options
      },
      clock: host.clock,
      log: host.log,
      publishTimeoutMs: config.publish_timeout_s * 1000,
      random: Math.random,
      greetings:
        config.state_topic === null
          ? null
          : { birth: stateMessage(config.state_topic, 'online'), farewell: stateMessage(config.state_topic, 'offline') },
      listen:
        homeAssistant === null
          ? null
          : { topics: subscriptions(homeAssistant.names), onMessage: (message) => homeAssistant.receive(message) },
      onOnline: () => void this.#goOnline(),
    })
  }

  async send(alert: Alert, media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const topic = fillTopic(this.#config.topic_template, { camera_name: alert.camera_name })
    const key = alert.stage === 'verdict' ? alert.dedupe_key : `${alert.dedupe_key}|${alert.stage}`
    const sent = await this.#deliver({ topic, key, payload: JSON.stringify(alert) }, signal)
    if (sent.ok && this.#homeAssistant !== null) await this.#tellHomeAssistant(this.#homeAssistant, alert, media, key)
    return sent
  }

  /** Whatever comes of it, the alert is out by now: it must neither fail nor be sent again for this. */
  async #tellHomeAssistant(homeAssistant: HomeAssistant, alert: Alert, media: AlertMedia, key: string): Promise<void> {
    await homeAssistant.showPicture(alert, media)
    // What comes back with the verdict tells that there was a first, and that the verdict need not ring again.
    if (alert.stage === 'first') media.onReceipt?.('first')
    const letter = { ...homeAssistant.event(alert, media), key: `${key}|event`, retain: false }
    const told = await this.#deliver(letter, this.#stop.signal)
    const kept = !told.ok && told.error.kind === 'cancelled' ? await this.#outbox.put(this.#message(letter)) : told
    if (!kept.ok) this.#host.log.warn({ event_type: 'mqtt_event_refused', reason: kept.error.message }, 'Home Assistant was not told')
  }

  async sendSystem(alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const key = ['system', alert.code, alert.camera_name ?? '', alert.clip_id ?? '', alert.ts].join('|')
    const sent = await this.#deliver({ topic: this.#config.system_topic, key, payload: JSON.stringify(alert) }, signal)
    if (sent.ok) this.#homeAssistant?.showSystem(alert)
    return sent
  }

  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return signal.aborted ? CANCELLED : this.#link.status(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#homeAssistant?.[Symbol.asyncDispose]()
    await this.#emptied
    await this.#link[Symbol.asyncDispose]()
  }

  async #deliver(letter: Letter, signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (signal.aborted || this.#stop.signal.aborted) return CANCELLED
    const message = this.#message(letter)
    // What waits already, perhaps from an earlier process, goes first: messages arrive in order, and one that waits is not sent beside it.
    const opened = await this.#outbox.open()
    if (opened.ok && this.#link.online && this.#outbox.size === 0) {
      const published = await this.#link.publish(message, signal)
      if (published.ok || !isRetryable(published.error.kind)) return published
    }
    return this.#keep(message, signal)
  }

  async #keep(message: Message, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const kept = await this.#outbox.put(message)
    if (kept.ok) {
      this.#startEmptying()
      return ok()
    }
    // No room on disk: the wire is all that is left.
    this.#host.log.warn({ event_type: 'mqtt_outbox_unusable', reason: kept.error.message }, 'outbox unusable, publishing directly')
    const published = await this.#link.publish(message, signal)
    if (published.ok || published.error.kind === 'cancelled') return published
    return err({ ...published.error, message: `${published.error.message}; and ${kept.error.message}` })
  }

  #message({ topic, key, payload, retain = this.#config.retain }: Letter): Message {
    const queued_at = this.#host.clock.now().toISOString()
    return { version: 1, dedupe_key: key, topic, payload, qos: this.#config.qos, retain, queued_at }
  }

  #openHomeAssistant(host: Pick<PluginHost, 'clock' | 'log' | 'dirs' | 'home' | 'purpose'>): HomeAssistant | null {
    const { home_assistant, state_topic } = this.#config
    // Whoever only checks must not be noticed.
    if (home_assistant?.enabled !== true || state_topic === null || host.purpose === 'check') return null
    const publish = (publication: Publication, signal: AbortSignal) => this.#link.publish(publication, signal)
    return new HomeAssistant({ names: home_assistant, state_topic, host, publish, random: Math.random })
  }

  /** Pictures first: events that waited on disk are about them. */
  async #goOnline(): Promise<void> {
    try {
      await this.#homeAssistant?.sayPictures()
    } finally {
      this.#startEmptying()
      this.#homeAssistant?.online()
    }
  }

  #startEmptying(): void {
    if (this.#emptying || this.#stop.signal.aborted) return
    this.#emptying = true
    this.#emptied = this.#emptyOutbox()
  }

  async #emptyOutbox(): Promise<void> {
    try {
      const opened = await this.#outbox.open()
      if (!opened.ok) this.#host.log.warn({ event_type: 'mqtt_outbox_unusable', reason: opened.error.message }, 'outbox unusable')
      while (this.#link.online && this.#outbox.size > 0 && !this.#stop.signal.aborted) await this.#sendOldest()
    } finally {
      // Here and not after an await: between the check above and this line nobody else runs.
      this.#emptying = false
    }
  }

  async #sendOldest(): Promise<void> {
    const oldest = await this.#outbox.head()
    if (oldest === null) return
    if (this.#isTooOld(oldest.message)) {
      this.#host.log.warn(
        { event_type: 'mqtt_outbox_expired', queued_at: oldest.message.queued_at },
        'a message grew too old and was dropped',
      )
      await this.#outbox.remove(oldest.name)
      return
    }
    const published = await this.#link.publish(oldest.message, this.#stop.signal)
    if (published.ok) return this.#outbox.remove(oldest.name)
    if (published.error.kind === 'cancelled') return
    if (isRetryable(published.error.kind)) return this.#host.clock.sleep(this.#link.online ? OUTBOX_RETRY_MS : 0, this.#stop.signal)
    this.#host.log.error({ event_type: 'mqtt_refused', reason: published.error.message }, 'the broker refused a message')
    await this.#outbox.setAside(oldest.name, published.error.message)
  }

  #isTooOld(message: Message): boolean {
    const ageMs = this.#host.clock.now().getTime() - Date.parse(message.queued_at)
    return ageMs > this.#config.outbox.max_age_s * 1000
  }
}
