import type { Alert, AlertMedia, SystemAlert } from '../../../../contracts/alert.ts'
import { messageOf, type PluginError } from '../../../../contracts/errors.ts'
import type { CameraSettings, HomeEvent } from '../../../../contracts/home.ts'
import type { PluginHost } from '../../../../contracts/plugin.ts'
import type { Result } from '../../../../contracts/result.ts'
import { every } from '../../../../lib/every.ts'
import { Serial } from '../../../../lib/serial.ts'
import { within } from '../../../../lib/within.ts'
import type { Publication, Received } from '../session.ts'
import { bridgeId } from './bridge-id.ts'
import { changeFor } from './commands.ts'
import { bridgeDevice, cameraDevice, type Bridge, type DeviceMessage } from './discovery.ts'
import { alertEvent, lastClip, showsPerson } from './payloads.ts'
import { PublishedDevices } from './published-devices.ts'
import { availability, bridgeInfo, motion, person, retained, settings, stateOf } from './states.ts'
import {
  birthTopic,
  bridgeTopic,
  CAMERA_STATES,
  cameraTopic,
  commandOf,
  discovered,
  discoveryTopic,
  type Command,
  type TopicNames,
} from './topics.ts'

export interface HomeAssistantDeps {
  readonly names: TopicNames
  readonly state_topic: string
  readonly host: Pick<PluginHost, 'clock' | 'log' | 'dirs' | 'home'>
  /** What cannot be said now is said again at the next connection. */
  readonly publish: (publication: Publication, signal: AbortSignal) => Promise<Result<void, PluginError>>
  /** In [0, 1). */
  readonly random: () => number
}

const STATUS_EVERY_MS = 30_000
/** After its start Home Assistant is busy, and several of us may be waiting for it. */
const AFTER_BIRTH_MS = { least: 1_000, most: 5_000 }
const LONGEST_COMMAND = 32

/** An alert is not kept waiting for its picture for longer. */
const PICTURE_WITHIN_MS = 1_000

/**
 * Shows the household in Home Assistant and takes its commands. All states are retained and said anew at each connection, so a broker
 * that forgot everything knows it again. Nothing here holds up or fails an alert.
 */
export class HomeAssistant implements AsyncDisposable {
  readonly #deps: HomeAssistantDeps
  readonly #stop = new AbortController()
  readonly #queue: Serial
  readonly #subscription: Disposable
  readonly #timer: AsyncDisposable
  /** What was last said on topics whose content is kept nowhere else. */
  readonly #said = new Map<string, Publication>()
  /** What will be said soon anyway, and need not be asked for twice. */
  readonly #due = new Set<string>()
  readonly #devices = new PublishedDevices()
  #bridge: Bridge | null = null
  #lastInfo: Publication['payload'] = ''

  constructor(deps: HomeAssistantDeps) {
    this.#deps = deps
    const { clock, log, home } = deps.host
    const complain = (cause: unknown) => log.error({ event_type: 'home_assistant_failed', reason: messageOf(cause) }, 'not told')
    this.#queue = new Serial(complain)
    this.#subscription = home.subscribe((event) => this.#hear(event))
    this.#timer = every(STATUS_EVERY_MS, clock, () => this.#queue.run(() => this.#sayInfo()), complain)
  }

  get names(): TopicNames {
    return this.#deps.names
  }

  /** A new connection is ready. */
  online(): void {
    this.#soon('announce', () => this.#announce())
  }

  receive({ topic, payload, retain }: Received): void {
    const { names, host } = this.#deps
    if (topic === birthTopic(names)) {
      if (payload.toString() === 'online' && !retain) void this.#announceAfterBirth()
      return
    }
    const objectId = discovered(names, topic)
    if (objectId !== null) void this.#queue.run(() => this.#seeDevice(objectId, payload))
    const told = commandOf(names, topic)
    // A retained command is an old one: it would come again at each start.
    if (told === null || retain || payload.length > LONGEST_COMMAND) return
    const change = changeFor(told.command, payload.toString().trim(), host.clock.now())
    if (change === null) {
      host.log.warn({ event_type: 'command_not_understood', ...told }, 'a command over MQTT means nothing')
      return
    }
    void this.#carryOut(told, change)
  }

  /** The picture first: whoever is woken by the event looks at it. Beside what else is being said, and not for long. */
  async showPicture({ camera_name }: Alert, { thumbnail }: AlertMedia): Promise<void> {
    if (thumbnail === null || !this.#isListed(camera_name)) return
    const picture = stateOf(this.#deps.names, camera_name, 'image', thumbnail)
    this.#said.set(picture.topic, picture)
    await within(this.#say(picture), PICTURE_WITHIN_MS, this.#stop.signal)
  }

  /** Those a broker that forgot everything has to be told again, before anybody asks for them. */
  async sayPictures(): Promise<void> {
    for (const publication of this.#said.values()) if (publication.topic.endsWith('/image')) await this.#say(publication)
  }

  /** The alert as the event entity of its camera takes it. Not retained: an old event is none. */
  event(alert: Alert, media: AlertMedia): { readonly topic: string; readonly payload: string } {
    return { topic: cameraTopic(this.#deps.names, alert.camera_name, 'alert'), payload: JSON.stringify(alertEvent(alert, media)) }
  }

  showSystem({ message, code, severity, camera_name, ts }: SystemAlert): void {
    const topic = bridgeTopic(this.#deps.names, 'message')
    void this.#queue.run(() => this.#keepSaying(retained(topic, JSON.stringify({ message, code, severity, camera_name, ts }))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#subscription[Symbol.dispose]()
    await this.#timer[Symbol.asyncDispose]()
    await this.#queue.idle
  }

  #hear(event: HomeEvent): void {
    if (event.kind === 'settings') this.#soon(`settings ${event.camera_name}`, () => this.#saySettings(event.camera_name))
    else if (event.kind === 'ready') this.#soon('announce', () => this.#announce())
    else void this.#queue.run(() => this.#show(event))
  }

  /** Says it once, however often it was asked for before its turn. */
  #soon(what: string, say: () => Promise<void>): void {
    if (this.#due.has(what)) return
    this.#due.add(what)
    void this.#queue.run(() => {
      this.#due.delete(what)
      return say()
    })
  }

  /** Beside what is being said: the answer comes as an event of the household. */
  async #carryOut(told: { readonly camera: string; readonly command: Command }, change: Partial<CameraSettings>): Promise<void> {
    const { home, log } = this.#deps.host
    const changed = await home.change(told.camera, change)
    if (!changed.ok) log.warn({ event_type: 'command_failed', ...told, reason: changed.error.message }, 'a command was not carried out')
  }

  #isListed(camera: string): boolean {
    return this.#deps.host.home.cameras().some(({ name }) => name === camera)
  }

  async #show(event: Exclude<HomeEvent, { kind: 'settings' | 'ready' }>): Promise<void> {
    const camera = event.kind === 'camera' ? event.event.camera_name : event.kind === 'decided' ? event.clip.camera_name : event.camera_name
    // A clip of a camera that is gone may be finished yet; nothing of it is to come back.
    if (!this.#isListed(camera)) return
    const { names } = this.#deps
    switch (event.kind) {
      case 'camera':
        await this.#say(availability(names, camera, event.event.state))
        return
      case 'motion':
        await this.#sayMotion(camera, event.moving)
        return
      case 'decided':
        await this.#keepSaying(stateOf(names, camera, 'last', JSON.stringify(lastClip(event.clip))))
        if (showsPerson(event.clip)) await this.#say(person(names, camera))
    }
  }

  async #sayMotion(name: string, moving: boolean): Promise<void> {
    const camera = this.#deps.host.home.cameras().find((listed) => listed.name === name)
    if (camera !== undefined) await this.#say(motion(this.#deps.names, camera, moving))
  }

  async #announceAfterBirth(): Promise<void> {
    const { least, most } = AFTER_BIRTH_MS
    await this.#deps.host.clock.sleep(least + this.#deps.random() * (most - least), this.#stop.signal)
    this.#soon('announce', () => this.#announce())
  }

  /** Devices and all their states. Before the household stands there is nothing to say; it is said when it does. */
  async #announce(): Promise<void> {
    const { host, names } = this.#deps
    if ((await host.home.status()) === null) return
    const bridge = await this.#known()
    await this.#sayDevice(bridgeDevice(bridge))
    for (const camera of host.home.cameras()) {
      await this.#sayDevice(cameraDevice(bridge, camera, { risk: host.home.minRiskLevel(camera.name) !== null }))
      await this.#say(availability(names, camera.name, camera.state))
      await this.#say(motion(names, camera, camera.moving))
      await this.#saySettings(camera.name)
    }
    this.#lastInfo = ''
    await this.#sayInfo()
    for (const publication of this.#said.values()) await this.#say(publication)
    await this.#removeStale(bridge)
  }

  async #known(): Promise<Bridge> {
    const { names, state_topic, host } = this.#deps
    this.#bridge ??= { ...names, state_topic, version: host.home.version, id: await bridgeId(host.dirs.state) }
    return this.#bridge
  }

  /** Also what an earlier start of ours has left: a camera that is listed no more. */
  async #seeDevice(objectId: string, payload: Buffer): Promise<void> {
    const bridge = await this.#known()
    if (!this.#devices.see(bridge, objectId, payload)) return
    if ((await this.#deps.host.home.status()) !== null) await this.#removeStale(bridge)
  }

  async #removeStale(bridge: Bridge): Promise<void> {
    const { names, host } = this.#deps
    const listed = new Set(host.home.cameras().map(({ name }) => name))
    for (const { objectId, camera } of this.#devices.takeStale(bridge, listed)) {
      host.log.info({ event_type: 'home_assistant_device_removed', camera_name: camera }, 'a camera that is listed no more was removed')
      for (const what of CAMERA_STATES) await this.#say(stateOf(names, camera, what, ''))
      // Last: while this is there, it is known at the next start that something is left to be removed.
      await this.#say(retained(discoveryTopic(names, objectId), ''))
    }
  }

  async #saySettings(camera: string): Promise<void> {
    if (!this.#isListed(camera)) return
    const { names, host } = this.#deps
    const states = settings(names, camera, host.home.settings(camera), host.home.minRiskLevel(camera))
    for (const state of states) await this.#say(state)
  }

  /** What changes by itself; said only when it has. */
  async #sayInfo(): Promise<void> {
    const { names, host } = this.#deps
    const status = await host.home.status()
    if (status === null) return
    const info = bridgeInfo(names, host.home.version, status)
    if (info.payload === this.#lastInfo) return
    if (await this.#say(info)) this.#lastInfo = info.payload
  }

  async #sayDevice({ topic, payload }: DeviceMessage): Promise<void> {
    await this.#say(retained(topic, JSON.stringify(payload)))
  }

  /** For what nobody else remembers. */
  async #keepSaying(publication: Publication): Promise<void> {
    this.#said.set(publication.topic, publication)
    await this.#say(publication)
  }

  /** @returns whether the broker has it. */
  async #say(publication: Publication): Promise<boolean> {
    if (this.#stop.signal.aborted) return false
    return (await this.#deps.publish(publication, this.#stop.signal)).ok
  }
}
