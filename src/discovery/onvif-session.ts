import onvif, { type Cam } from 'onvif'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { systemClock } from '../lib/system-clock.ts'
import { boundedAgent, TOO_LONG } from './bounded-agent.ts'
import type { DeviceJob } from './device-job.ts'
import { escapeXml } from './xml-text.ts'

const MAX_ANSWER_BYTES = 1_000_000
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EPIPE', 'EPROTO'])

export interface Reply {
  readonly data: unknown
  /** The answer as it came. */
  readonly xml: string
}

type Call = (cam: Cam, done: (cause: Error | null, data?: unknown) => void) => void

/** One conversation with one device, one question after the other. */
export class OnvifSession {
  readonly cam: Cam
  readonly #exceeded: Promise<never>
  #last = { xml: '', status: 0 }

  constructor({ address, port, secure, path, credentials, answer_within_ms }: DeviceJob) {
    const { agent, exceeded } = boundedAgent(secure, MAX_ANSWER_BYTES)
    this.#exceeded = exceeded
    this.cam = new onvif.Cam({
      ...{ hostname: address, port, path, useSecure: secure, timeout: answer_within_ms, agent, autoconnect: false },
      ...(credentials === null ? {} : { username: forMarkup(credentials.username), password: byteByByte(credentials.password) }),
      // Cameras sign their own certificates. The password itself is never sent, only digests of it.
      secureOpts: { rejectUnauthorized: false },
    })
    // The library would answer a challenge as the user "undefined".
    if (credentials === null) this.cam.digestAuth = () => fail('unauthorized')
    this.cam.on('rawResponse', (xml, status) => (this.#last = { xml, status }))
  }

  async ask(call: Call): Promise<Result<Reply, PluginError>> {
    this.#last = { xml: '', status: 0 }
    try {
      const answered = new Promise<unknown>((resolve, reject) => {
        call(this.cam, (cause, data) => (cause ? reject(cause) : resolve(data)))
      })
      const data = await Promise.race([answered, this.#exceeded])
      return ok({ data, xml: this.#last.xml })
    } catch (cause) {
      return err(this.#explain(cause))
    }
  }

  /** The clock of the device is part of each digest; without it the library would count from 1970. */
  assumeOurClock(): void {
    this.cam.timeShift ??= systemClock.now().getTime() - process.uptime() * 1000
  }

  #explain(cause: unknown): PluginError {
    const message = messageOf(cause)
    const { xml, status } = this.#last
    if (status === 401 || status === 403 || /unauthori[sz]ed|^Digest auth/i.test(message) || /not\s?authori[sz]ed|FailedAuth/i.test(xml))
      return pluginError('rejected', 'it rejects this user name and password')
    if (message === 'Network timeout') return pluginError('timeout', 'it did not answer in time')
    if (message === TOO_LONG) return pluginError('invalid', 'its answer is too long')
    if (UNREACHABLE.has(codeOf(cause))) return pluginError('unavailable', `it cannot be reached (${codeOf(cause)})`)
    return pluginError('invalid', /^ONVIF SOAP Fault/.test(message) ? 'it refuses to answer' : 'its answer cannot be read')
  }
}

function fail(message: string): never {
  throw new Error(message)
}

/** The library puts the name into the message as it is. */
function forMarkup(username: string): string {
  return /[&<>]/.test(username) ? escapeXml(username) : username
}

/** The library reads the password as one byte a character; devices hold UTF-8. */
function byteByByte(password: string): string {
  return Buffer.from(password, 'utf8').toString('latin1')
}
