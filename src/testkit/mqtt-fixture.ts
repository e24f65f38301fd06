import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AlertSchema } from '../contracts/alert.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Home } from '../contracts/home.ts'
import type { PluginHost } from '../contracts/plugin.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Notifier } from '../contracts/notifier.ts'
import { systemClock } from '../lib/system-clock.ts'
import { mqttNotifier } from '../plugins/notifiers/mqtt/plugin.ts'
import { anAlert } from './builders.ts'
import { memoryLogger } from './memory-logger.ts'
import { Mosquitto, type Mailbox, type MosquittoOptions } from './mosquitto.ts'
import { built, NO_HOME, testHost } from './plugin-host.ts'

export interface MqttNotifierOptions {
  readonly config?: Readonly<Record<string, unknown>>
  readonly state?: string
  readonly env?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly home?: Home
  readonly purpose?: PluginHost['purpose']
}

const LAST = 'front_door_9999999999.mp4'
const signal = new AbortController().signal

/** Brokers, notifiers and mailboxes of one test, with one state folder; disposed together. */
export class MqttFixture implements AsyncDisposable {
  readonly state: string
  readonly #owned: AsyncDisposable[] = []

  private constructor(state: string) {
    this.state = state
  }

  static async open(): Promise<MqttFixture> {
    return new MqttFixture(await mkdtemp(join(tmpdir(), 'homesec-mqtt-')))
  }

  own<T extends AsyncDisposable>(resource: T): T {
    this.#owned.push(resource)
    return resource
  }

  async startBroker(options: MosquittoOptions = {}): Promise<Mosquitto> {
    return this.own(await Mosquitto.start(options))
  }

  async subscribe(broker: Mosquitto, topic: string): Promise<Mailbox> {
    return this.own(await broker.subscribe(topic))
  }

  async notifierFor(
    port: number,
    { config = {}, state = this.state, env = {}, clock = systemClock, home = NO_HOME, purpose = 'run' }: MqttNotifierOptions = {},
  ) {
    const log = memoryLogger()
    const host = testHost({ log, dirs: { data: state, state }, env, clock, home, purpose })
    return { notifier: this.own(await built(mqttNotifier, { host: 'localhost', port, ...config }, host)), log }
  }

  /** Names of the messages that wait on disk. */
  async waitingFiles(): Promise<string[]> {
    return (await readdir(join(this.state, 'outbox'))).filter((name) => name.endsWith('.json'))
  }

  async untilOutboxIsEmpty(): Promise<void> {
    while ((await this.waitingFiles()).length > 0) await aMoment()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#owned.splice(0).reverse()) await resource[Symbol.asyncDispose]()
    await rm(this.state, { recursive: true, force: true })
  }
}

/** Waits until ping says so, and returns its message; the test's timeout is the limit. */
export async function untilPing(notifier: Notifier, wanted: 'ok' | PluginError['kind']): Promise<string> {
  for (;;) {
    const result = await notifier.ping(signal)
    if ((result.ok ? 'ok' : result.error.kind) === wanted) return result.ok ? '' : result.error.message
    await aMoment()
  }
}

export async function sendAll(notifier: Notifier, clipIds: readonly string[]): Promise<void> {
  for (const clip_id of clipIds) {
    const sent = await notifier.send(anAlert({ clip_id }), { thumbnail: null, replaces: null }, signal)
    if (!sent.ok) throw new Error(`${clip_id} was not taken: ${sent.error.message}`)
  }
}

/** The alerts that arrived, in order, without the one that `flush` sends. */
export function arrivedIn(mailbox: Mailbox): string[] {
  const alerts = mailbox.messages.filter((message) => message.topic.startsWith('homecam/alerts/'))
  return alerts.map((message) => AlertSchema.parse(JSON.parse(message.payload)).clip_id).filter((id) => id !== LAST)
}

/** Sends one more alert and waits for it: over one ordered connection, what was due before it cannot come later. */
export async function flush(notifier: Notifier, mailbox: Mailbox): Promise<void> {
  await untilPing(notifier, 'ok')
  await sendAll(notifier, [LAST])
  await mailbox.has((message) => message.payload.includes(LAST))
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

/** A real process with the notifier in it, to be killed. */
export function mqttNotifierProcess(port: number, state: string) {
  const script = new URL('./notifier-process.ts', import.meta.url).pathname
  const plugin = new URL('../plugins/notifiers/mqtt/plugin.ts', import.meta.url).href
  const args = ['--import', 'tsx', script, plugin, 'mqttNotifier', JSON.stringify({ host: 'localhost', port }), state]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  return {
    write: (line: string) => child.stdin.write(`${line}\n`),
    line: async (wanted: string) => {
      while (!lines.includes(wanted)) await once(reader, 'line')
    },
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
