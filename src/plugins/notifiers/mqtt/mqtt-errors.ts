import { codeOf, pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { isCertificateError } from '../../../lib/certificate-error.ts'

type Meaning = { readonly kind: ErrorKind; readonly text: string }

const CHECK_AUTH = 'check auth.username_env and auth.password_env'
const BAD_CREDENTIALS: Meaning = { kind: 'rejected', text: `refused the credentials; ${CHECK_AUTH}` }
// Some brokers, Mosquitto with MQTT 5 among them, answer a wrong password with this one.
const NOT_AUTHORIZED: Meaning = { kind: 'rejected', text: `does not allow this; ${CHECK_AUTH}, and the broker's access rules` }
const BUSY: Meaning = { kind: 'unavailable', text: 'is there, but cannot serve us now' }
const OLD_BROKER: Meaning = { kind: 'invalid', text: 'does not speak this MQTT version; set protocol_version: "3.1.1"' }

/** What a broker's reason code means for us: below 128 those of MQTT 3.1.1, from 128 those of MQTT 5. */
const MEANING_BY_REASON: Readonly<Record<number, Meaning>> = {
  1: OLD_BROKER,
  2: { kind: 'invalid', text: 'refused the client_id' },
  3: BUSY,
  4: BAD_CREDENTIALS,
  5: NOT_AUTHORIZED,
  129: { kind: 'invalid', text: 'found our packet malformed' },
  130: { kind: 'invalid', text: 'found a breach of protocol' },
  132: OLD_BROKER,
  133: { kind: 'invalid', text: 'refused the client_id' },
  134: BAD_CREDENTIALS,
  135: NOT_AUTHORIZED,
  136: BUSY,
  137: BUSY,
  138: { kind: 'rejected', text: 'has banned us' },
  140: BAD_CREDENTIALS,
  144: { kind: 'invalid', text: 'refused the topic name' },
  149: { kind: 'invalid', text: 'found the message too large' },
  153: { kind: 'invalid', text: 'refused the format of the message' },
  154: { kind: 'invalid', text: 'does not support retained messages; set retain: false and state_topic: null' },
  155: { kind: 'invalid', text: 'does not support this qos' },
}

/** Failures of the certificate check are no outage: a retry cannot help, the owner can. */

/** The one place where an error of mqtt.js or the network gets its kind and its words. */
export function toMqttError(cause: unknown, broker: string): PluginError {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'number') {
    const meaning = MEANING_BY_REASON[cause.code] ?? { kind: 'unavailable', text: 'answered with an error' }
    return pluginError(meaning.kind, `the broker at ${broker} ${meaning.text} (reason code ${cause.code})`, cause)
  }
  const code = codeOf(cause)
  if (isCertificateError(code)) {
    return pluginError('rejected', `the certificate of the broker at ${broker} is not trusted (${code}); check tls.ca_file`, cause)
  }
  if (cause instanceof Error && cause.message.includes('connack timeout')) {
    return pluginError('unavailable', `the broker at ${broker} did not answer in time`, cause)
  }
  return pluginError('unavailable', `the broker at ${broker} cannot be reached${code === '' ? '' : ` (${code})`}`, cause)
}
