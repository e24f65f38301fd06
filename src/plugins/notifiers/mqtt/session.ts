import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { z } from 'zod'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { Message } from './message.ts'
import { toMqttError } from './mqtt-errors.ts'

export interface Publication extends Pick<Message, 'topic' | 'qos' | 'retain'> {
  readonly payload: string | Uint8Array
}

/** A message from the broker. `retain`: it is an old one, which the broker kept for whoever subscribes. */
export interface Received {
  readonly topic: string
  readonly payload: Buffer
  readonly retain: boolean
}

/**
 * One connection to the broker, from CONNACK to its end; it never comes back. Each connection has a client of its own, so mqtt.js
 * has no queue that could send a message again after we have put it into the outbox.
 */
export interface Session {
  readonly alive: boolean
  /** Resolves when the broker has confirmed (with QoS 0: when it is written), or when the connection has ended. */
  publish(message: Publication): Promise<Result<void, PluginError>>
  /** Hears, for as long as the connection lasts, what arrives on `topics`; wildcards may be in them. @returns `rejected` if any is refused. */
  subscribe(topics: readonly string[], onMessage: (message: Received) => void): Promise<Result<void, PluginError>>
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly closed: Promise<PluginError>
  /** Ends the connection at once, without DISCONNECT: the broker then publishes our last will. */
  kill(): void
  /** Ends it in an orderly way: no last will. */
  end(): Promise<void>
}

export async function openSession(options: IClientOptions, broker: string, signal: AbortSignal): Promise<Result<Session, PluginError>> {
  let client: MqttClient
  try {
    client = connect({ ...options, reconnectPeriod: 0, clean: true, queueQoSZero: false, resubscribe: false })
  } catch (cause) {
    return err(pluginError('invalid', `no connection to ${broker} could be prepared; check the files under tls`, cause))
  }
  const onAbort = () => client.end(true)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const failure = await firstOutcome(client, broker)
    if (failure === null && !signal.aborted) return ok(sessionOf(client, broker))
    client.end(true)
    return err(signal.aborted ? pluginError('cancelled', 'connecting was cancelled') : (failure ?? toMqttError(undefined, broker)))
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Null: connected. */
function firstOutcome(client: MqttClient, broker: string): Promise<PluginError | null> {
  return new Promise((resolve) => {
    client.once('connect', () => resolve(null))
    // Stays for the client's whole life: an error event without a listener would end the process.
    client.on('error', (cause) => resolve(toMqttError(cause, broker)))
    client.once('close', () => resolve(toMqttError(undefined, broker)))
    client.once('end', () => resolve(toMqttError(undefined, broker)))
  })
}

function sessionOf(client: MqttClient, broker: string): Session {
  let lastError: unknown
  client.on('error', (cause) => {
    lastError = cause
  })
  const closed = new Promise<PluginError>((resolve) => {
    const onEnd = () => resolve(toMqttError(lastError, broker))
    client.once('close', onEnd)
    client.once('end', onEnd)
  })
  return {
    closed,
    get alive() {
      return client.connected && !client.disconnecting
    },
    publish({ topic, payload, qos, retain }) {
      const answered = new Promise<Result<void, PluginError>>((resolve) => {
        const bytes = typeof payload === 'string' ? payload : Buffer.from(payload)
        client.publish(topic, bytes, { qos, retain }, (cause) => resolve(cause ? err(toMqttError(cause, broker)) : ok()))
      })
      return Promise.race([answered, closed.then((error) => err(error))])
    },
    async subscribe(topics, onMessage) {
      client.on('message', (topic, payload, { retain }) => onMessage({ topic, payload, retain }))
      const answered = new Promise<Result<void, PluginError>>((resolve) => {
        client.subscribe([...topics], { qos: 1 }, (cause) => {
          if (!cause) {
            resolve(ok())
            return
          }
          const refused = refusedTopics(cause, topics)
          const refusal = pluginError('rejected', `the broker refuses to tell of ${refused.join(', ')}`)
          resolve(err(refused.length > 0 ? refusal : toMqttError(cause, broker)))
        })
      })
      return Promise.race([answered, closed.then((error) => err(error))])
    },
    kill() {
      client.end(true)
      client.stream.destroy()
    },
    async end() {
      await client.endAsync()
    },
  }
}

/** mqtt.js brings the broker's answer along: one code for each topic, in order. */
const SubackErrorSchema = z.object({ packet: z.object({ granted: z.array(z.union([z.number(), z.object({ qos: z.number() })])) }) })
const FIRST_REFUSAL = 128

function refusedTopics(cause: unknown, topics: readonly string[]): string[] {
  const parsed = SubackErrorSchema.safeParse(cause)
  if (!parsed.success) return []
  const codes = parsed.data.packet.granted.map((granted) => (typeof granted === 'number' ? granted : granted.qos))
  return topics.filter((_topic, index) => (codes[index] ?? 0) >= FIRST_REFUSAL)
}
